"""The command `hub`: every command is a module that is loaded when it is used."""
