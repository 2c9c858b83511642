"""The rules: pure functions over records; time and ids are arguments, every answer has reasons."""
