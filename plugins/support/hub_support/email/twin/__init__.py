"""A post office for tests: a real SMTP server and a real IMAP server, in one thread, on loopback.

aiosmtpd and pymap speak the protocols; what is handed in is delivered into the one mailbox when it
is addressed to it, and kept as the witness of everything that was sent.
"""

from hub_support.email.twin.office import Fault, PostOffice, post_office

__all__ = ["Fault", "PostOffice", "post_office"]
