"""Mails, for the few things that need one."""

import smtplib
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from menagerie.errors import Unavailable
from menagerie.settings import Settings

TIMEOUT_S = 30


def send(settings: Settings, *, to: str, subject: str, text: str) -> None:
    """Send a mail through the server of the setting `mail_url`.

    The scheme `smtps` is encrypted from the start, `smtp` as soon as the server offers it. Raises
    Unavailable when no server is set or it does not take the mail.
    """
    if not settings.mail_url:
        raise Unavailable("No mails can be sent: set mail_url.")
    server = urlsplit(settings.mail_url)
    message = EmailMessage()
    message["From"] = settings.mail_from or f"no-reply@{server.hostname}"
    message["To"] = to
    message["Subject"] = subject
    message.set_content(text)
    connect = smtplib.SMTP_SSL if server.scheme == "smtps" else smtplib.SMTP
    try:
        with connect(server.hostname or "", server.port or 0, timeout=TIMEOUT_S) as client:
            if server.scheme != "smtps" and client.has_extn("starttls"):
                client.starttls()
            if server.username:
                client.login(unquote(server.username), unquote(server.password or ""))
            client.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise Unavailable("The mail server did not take the mail.") from error
