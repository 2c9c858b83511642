"""Mail for connectors: IMAP in, SMTP out; bounded, guarded, errors named, exchanges recorded."""

from hub.sdk.mail.imap import Folder, ImapClient, ImapSession
from hub.sdk.mail.road import MailFactory, MailRoad, no_mail
from hub.sdk.mail.server import MailLimits, MailServer, Security
from hub.sdk.mail.smtp import SmtpClient

__all__ = [
    "Folder", "ImapClient", "ImapSession", "MailFactory", "MailLimits", "MailRoad", "MailServer",
    "Security", "SmtpClient", "no_mail",
]  # fmt: skip
