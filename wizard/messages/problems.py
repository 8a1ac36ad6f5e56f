"""The words of every problem: what happened, why probably, and one thing to do.

Placeholders are filled by `Messages`. `{provider}` and `{program}` stand only at the beginning of
a sentence: where no name is known, "Your mail provider" and "The mail program" stand in, which
other languages would have to inflect elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wizard.messages.actions import Action
from wizard.model import N_, Problem, ProblemKind

_K = ProblemKind


@dataclass(frozen=True, slots=True)
class Sentences:
    """The words in English. `help`: purpose of the provider's page that serves better than
    `action` where there is one; `help_action` is then the button."""

    title: str
    explanation: str
    action: str
    action_id: Action
    help: str = ""
    help_action: str = ""


_AGAIN = N_("Try again")
_LATER = N_("Try again in a few minutes")
_MUCH_LATER = N_("Try again in a quarter of an hour")
_SERVERS = N_("Check the server settings")
_FOR_PROVIDER = N_("Copy a note for your provider")
_FOR_ADMINISTRATOR = N_("Copy a note for your administrator")
_FOR_INTERNET_PROVIDER = N_("Copy a note for your internet provider")
_ADDRESS = N_("Check the address")
_PASSWORD = N_("Check the password")
_USERNAME = N_("Change the user name")
_HELP = N_("Open the provider's help")

PROBLEMS: dict[ProblemKind, Sentences] = {
    _K.DOMAIN_MISTYPED: Sentences(
        N_("There is no {host} on the internet."),
        N_("The part of the address after the @ is probably mistyped."),
        _ADDRESS,
        Action.EDIT_ADDRESS,
    ),
    _K.DOMAIN_TAKES_NO_MAIL: Sentences(
        N_("{host} does not take mail."),
        N_("The domain exists, but no mail is set up for it. Your address may end differently."),
        _ADDRESS,
        Action.EDIT_ADDRESS,
    ),
    _K.NAME_SERVER_BROKEN: Sentences(
        N_("Names cannot be looked up on this network."),
        N_(
            "The name server, the internet's address book, does not answer. That usually passes; "
            "restarting the router often helps."
        ),
        _AGAIN,
        Action.RETRY,
    ),
    _K.NO_INTERNET: Sentences(
        N_("This computer is not connected to the internet."),
        N_("Nothing could be reached. Please check the Wi-Fi or the network cable."),
        _AGAIN,
        Action.RETRY,
    ),
    _K.CAPTIVE_PORTAL: Sentences(
        N_("This network wants you to sign in first."),
        N_(
            "A web page answered instead of the mail server, as in hotels and trains. Open any "
            "page in your web browser, sign in there, and come back."
        ),
        _AGAIN,
        Action.RETRY,
    ),
    _K.PORT_BLOCKED: Sentences(
        N_("This network blocks the way to your mail."),
        N_(
            "{host} can be reached, but port {port} stays silent. Guest and company networks often "
            "close it. Try another network, for example your phone's."
        ),
        _AGAIN,
        Action.RETRY,
    ),
    _K.NETWORK_BANNED: Sentences(
        N_("{provider} refuses connections from this network."),
        N_(
            "That happens after several wrong passwords, often from another device that still has "
            "an old one. Your password was not checked. The block usually ends within an hour or "
            "so; another network, for example your phone's, works at once."
        ),
        _FOR_PROVIDER,
        Action.COPY_REPORT,
    ),
    _K.SERVER_DOWN: Sentences(
        N_("{host} is not available right now."),
        N_(
            "The server refuses connections or says that it is busy. Your password was not "
            "checked. This usually passes within minutes."
        ),
        _LATER,
        Action.WAIT,
    ),
    _K.WRONG_PORT_OR_TLS_MODE: Sentences(
        N_("{host} does not answer as expected on port {port}."),
        N_(
            "The port or the kind of encryption is probably another one; 993 for receiving and 465 "
            "for sending are usual. Nothing was sent."
        ),
        _SERVERS,
        Action.EDIT_SERVERS,
    ),
    _K.STARTTLS_MISSING: Sentences(
        N_("{host} did not switch to encryption."),
        N_(
            "The server, or something on this network, prevents the encrypted connection, so "
            "nothing was sent. A port that is encrypted from the start is the better choice: 993 "
            "for receiving, 465 for sending."
        ),
        _SERVERS,
        Action.EDIT_SERVERS,
    ),
    _K.TLS_TOO_OLD: Sentences(
        N_("The encryption of {host} is too old."),
        N_(
            "It is no longer considered safe, so nothing was sent. {provider} has to bring it up "
            "to date."
        ),
        _FOR_PROVIDER,
        Action.COPY_REPORT,
    ),
    _K.CERTIFICATE_EXPIRED: Sentences(
        N_("The certificate of {host} has expired."),
        N_(
            "Without it nobody can tell who is really answering, so nothing was sent. {provider} "
            "has to renew it."
        ),
        _FOR_PROVIDER,
        Action.COPY_REPORT,
    ),
    _K.CLOCK_WRONG: Sentences(
        N_("The clock of this computer seems to be wrong."),
        N_(
            "The date here does not fit the certificate of {host}, so nothing was sent. Set date "
            "and time in the system settings, then come back."
        ),
        _AGAIN,
        Action.RETRY,
    ),
    _K.CERTIFICATE_OTHER_HOST: Sentences(
        N_("The server that answered is not {host}."),
        N_("Its certificate carries another name, so nothing was sent. Please check the name."),
        _SERVERS,
        Action.EDIT_SERVERS,
    ),
    _K.CERTIFICATE_SELF_SIGNED: Sentences(
        N_("Nobody vouches for {host}."),
        N_(
            "The server made its certificate itself, so anyone could pretend to be it. Nothing was "
            "sent. {provider} can install a proper certificate."
        ),
        _FOR_PROVIDER,
        Action.COPY_REPORT,
    ),
    _K.CERTIFICATE_UNKNOWN_AUTHORITY: Sentences(
        N_("Nobody this computer knows vouches for {host}."),
        N_(
            "The certificate comes from an authority that is not trusted here, or a part of it is "
            "missing. Nothing was sent. In a company, this computer may lack the company's own "
            "certificate."
        ),
        _FOR_PROVIDER,
        Action.COPY_REPORT,
    ),
    _K.CERTIFICATE_INTERCEPTED: Sentences(
        N_("A program on this computer or network opens encrypted connections."),
        N_(
            "The certificate shown for {host} comes from {issuer}, not from the server. Nothing "
            "was sent. Switch off the mail check of the antivirus program or filter, then come "
            "back."
        ),
        _AGAIN,
        Action.RETRY,
    ),
    _K.CERTIFICATE_WEAK: Sentences(
        N_("The certificate of {host} is too weak."),
        N_("It could be forged, so nothing was sent. {provider} has to renew it."),
        _FOR_PROVIDER,
        Action.COPY_REPORT,
    ),
    _K.WRONG_PASSWORD: Sentences(
        N_("{provider} did not accept this password."),
        N_(
            "The password or the user name is not the right one. The password that opens your mail "
            "on the web usually works here, too."
        ),
        _PASSWORD,
        Action.EDIT_PASSWORD,
    ),
    _K.WRONG_PASSWORD_OR_IMAP_OFF: Sentences(
        N_("{provider} did not let us in."),
        N_(
            "Either the password is not the right one, or access for mail programs (IMAP) is "
            "switched off in your account. The server gives the same answer for both."
        ),
        _PASSWORD,
        Action.EDIT_PASSWORD,
        "enable-imap",
        N_("Show how to switch it on"),
    ),
    _K.USERNAME_FORM: Sentences(
        N_("{provider} did not accept this user name or password."),
        N_("Most providers want the full address as user name, a few the part before the @."),
        _USERNAME,
        Action.EDIT_USERNAME,
    ),
    _K.APP_PASSWORD_NEEDED: Sentences(
        N_("{provider} wants an app password."),
        N_(
            "The usual password does not work in mail programs here. Make an app password in the "
            "security settings of your account, and type that one."
        ),
        N_("Enter an app password"),
        Action.EDIT_PASSWORD,
        "app-password",
        N_("Make an app password"),
    ),
    _K.BROWSER_SIGN_IN_NEEDED: Sentences(
        N_("{provider} wants you to sign in with a web browser first."),
        N_(
            "The login looked unusual. Sign in to your mail on the web once, confirm that it "
            "was you, and come back."
        ),
        _AGAIN,
        Action.RETRY,
    ),
    _K.PASSWORD_LOGIN_OFF: Sentences(
        N_("{provider} takes no passwords from mail programs."),
        N_(
            "You sign in inside the mail program instead, in the provider's own window. We prepare "
            "what we can; the login itself could not be tested here."
        ),
        N_("Go on without a password"),
        Action.CONTINUE,
    ),
    _K.SENDING_WITH_PASSWORD_OFF: Sentences(
        N_("Sending with a password is switched off for this mailbox."),
        N_(
            "The organisation that runs the mailbox has switched it off (SMTP AUTH). Its "
            "administrator can switch it on."
        ),
        _FOR_ADMINISTRATOR,
        Action.COPY_REPORT,
    ),
    _K.ADMINISTRATOR_POLICY: Sentences(
        N_("Your organisation does not allow this login."),
        N_(
            "A security rule refused it; the password may well be right. Your administrator knows "
            "what is allowed."
        ),
        _FOR_ADMINISTRATOR,
        Action.COPY_REPORT,
    ),
    _K.IMAP_OFF: Sentences(
        N_("Access for mail programs is switched off."),
        N_(
            "Switch on IMAP or POP in the settings of your mailbox on the web, wait a few minutes, "
            "and come back."
        ),
        _AGAIN,
        Action.RETRY,
        "enable-imap",
        N_("Show how to switch it on"),
    ),
    _K.ACCOUNT_LOCKED: Sentences(
        N_("{provider} has locked this mailbox."),
        N_("Sign in to your mail on the web: it usually shows the reason and how to unlock it."),
        _AGAIN,
        Action.RETRY,
        "general",
        _HELP,
    ),
    _K.PASSWORD_EXPIRED: Sentences(
        N_("Your password has expired."),
        N_("Choose a new one on your provider's website, then type it here."),
        N_("Enter the new password"),
        Action.EDIT_PASSWORD,
        "password",
        N_("Change the password"),
    ),
    _K.NOT_AUTHORISED: Sentences(
        N_("This login may not open this mailbox."),
        N_(
            "User name and mailbox do not belong together. For a shared mailbox, its owner has to "
            "give you access."
        ),
        _USERNAME,
        Action.EDIT_USERNAME,
    ),
    _K.LOGIN_SERVICE_FAULT: Sentences(
        N_("{provider} cannot check logins right now."),
        N_(
            "Something there is out of order. Your password was not checked and may well be right. "
            "This usually passes within minutes."
        ),
        _LATER,
        Action.WAIT,
    ),
    _K.TOO_MANY_CONNECTIONS: Sentences(
        N_("Too many programs are connected to this mailbox."),
        N_(
            "Your devices use all connections that are allowed at the same time. Your password was "
            "not checked. Close the mail program on another device, or wait a little."
        ),
        _LATER,
        Action.WAIT,
    ),
    _K.TOO_MANY_ATTEMPTS: Sentences(
        N_("There were too many logins in a short time."),
        N_(
            "{provider} takes no more for a while; your password was not checked. Perhaps another "
            "device still tries an old password. A quarter of an hour usually is enough."
        ),
        _MUCH_LATER,
        Action.WAIT,
    ),
    _K.THROTTLED: Sentences(
        N_("{provider} has slowed this mailbox down."),
        N_(
            "Much was fetched in a short time. Your password was not checked. Please wait a little."
        ),
        _LATER,
        Action.WAIT,
    ),
    _K.MAILBOX_FULL: Sentences(
        N_("The mailbox is full."),
        N_("Delete large messages or empty the trash in your mail on the web, then come back."),
        _AGAIN,
        Action.RETRY,
    ),
    _K.SERVER_DISK_FULL: Sentences(
        N_("The server has no room left."),
        N_(
            "{provider} has to make room, which usually happens soon. Your settings are not at "
            "fault."
        ),
        _LATER,
        Action.WAIT,
    ),
    _K.ENCRYPTION_REQUIRED: Sentences(
        N_("{host} wants an encrypted connection first."),
        N_(
            "The kind of encryption chosen here does not fit this server. SSL/TLS, encrypted from "
            "the start, is usually right."
        ),
        _SERVERS,
        Action.EDIT_SERVERS,
    ),
    _K.NO_LOGIN_HERE: Sentences(
        N_("{host} takes no logins on port {port}."),
        N_(
            "It is probably not the server for mail programs, or another port is meant for them, "
            "often 465 or 587."
        ),
        _SERVERS,
        Action.EDIT_SERVERS,
    ),
    _K.SENDER_NOT_ALLOWED: Sentences(
        N_("{provider} does not let you send with this address."),
        N_(
            "The login belongs to another address. Use the user name of this address, or have it "
            "added to the mailbox as an alias at your provider."
        ),
        _USERNAME,
        Action.EDIT_USERNAME,
    ),
    _K.RELAY_DENIED: Sentences(
        N_("{host} sends mail only for people who have signed in."),
        N_("The settings for sending lack the login, or name the wrong server."),
        _SERVERS,
        Action.EDIT_SERVERS,
    ),
    _K.GREYLISTED: Sentences(
        N_("The server asks us to come again a little later."),
        N_(
            "It lets unknown senders wait to keep junk mail out (greylisting). After some minutes "
            "the message is taken."
        ),
        _LATER,
        Action.WAIT,
    ),
    _K.BLOCK_LISTED: Sentences(
        N_("Your internet connection is on a block list."),
        N_(
            "Junk mail was once sent from its address, perhaps by somebody who had it before you. "
            "Your internet provider can help; another network works at once."
        ),
        _FOR_INTERNET_PROVIDER,
        Action.COPY_REPORT,
    ),
    _K.NO_REVERSE_DNS: Sentences(
        N_("Your internet connection has no name of its own."),
        N_(
            "{host} talks only to connections that have one (reverse DNS). Your internet provider "
            "can set it; another network works at once."
        ),
        _FOR_INTERNET_PROVIDER,
        Action.COPY_REPORT,
    ),
    _K.SENDING_SUSPENDED: Sentences(
        N_("{provider} has stopped sending for this mailbox."),
        N_(
            "That happens when very many messages leave at once. If they were not yours, change "
            "the password, then ask the provider to open sending again."
        ),
        _FOR_PROVIDER,
        Action.COPY_REPORT,
    ),
    _K.MESSAGE_REFUSED: Sentences(
        N_("The test message was not taken."),
        N_("The login worked, but the server refused the recipient or the size of the message."),
        N_("Send it again"),
        Action.RETRY,
    ),
    _K.POP_MAILBOX_IN_USE: Sentences(
        N_("The mailbox is being read by another program."),
        N_("With POP, only one can look into it at a time. Close the other one or wait a minute."),
        _LATER,
        Action.WAIT,
    ),
    _K.KEYCHAIN_UNAVAILABLE: Sentences(
        N_("The password could not be kept in the system's keychain."),
        N_(
            "No keychain that we trust answers on this computer. The password is kept only until "
            "you close this window and is stored nowhere; your mail program asks for it once."
        ),
        N_("Go on without storing it"),
        Action.CONTINUE,
    ),
    _K.CONNECTION_CLOSED: Sentences(
        N_("The connection to {host} was cut off."),
        N_(
            "Something in between, such as a firewall, an antivirus program or the router, may "
            "have closed it. Another network often helps."
        ),
        _AGAIN,
        Action.RETRY,
    ),
    _K.SERVER_SAID: Sentences(
        N_("{host} gave an answer we do not know."),
        N_("Its own words are quoted below. They may tell you, or your provider, what to do."),
        _FOR_PROVIDER,
        Action.COPY_REPORT,
    ),
    _K.NO_ANSWER: Sentences(
        N_("{host} does not answer."),
        N_(
            "The server may be out of order for the moment, its name or port may be another one, "
            "or this network blocks the way."
        ),
        _AGAIN,
        Action.RETRY,
    ),
    _K.IPV6_BROKEN: Sentences(
        N_("{host} works over one of two ways only."),
        N_(
            "Your mail gets through over IPv4, the older kind of address. Over IPv6, the newer "
            "one, nothing answers, so mail programs may start slowly or lose the connection."
        ),
        _FOR_PROVIDER,
        Action.COPY_REPORT,
    ),
    _K.NOTHING_FOUND: Sentences(
        N_("No settings were found for this address."),
        N_(
            "Nothing is published where mail programs look. You can enter the settings yourself; "
            "our best guess is already filled in."
        ),
        N_("Enter the settings myself"),
        Action.EDIT_SERVERS,
    ),
    _K.UNENCRYPTED_ONLY: Sentences(
        N_("Only an unencrypted connection is on offer."),
        N_(
            "Anyone on the way could read your password, so we do not use it. Your provider can "
            "tell you the encrypted settings."
        ),
        _SERVERS,
        Action.EDIT_SERVERS,
    ),
    _K.SETTINGS_UNREADABLE: Sentences(
        N_("The settings could not be read."),
        N_("{path} does not hold mail settings in a form we know."),
        N_("Choose another file"),
        Action.CHOOSE_FILE,
    ),
    _K.ADDRESS_NOT_UNDERSTOOD: Sentences(
        N_("This is not a mail address yet."),
        "{reason}",  # an address fault in its own words
        _ADDRESS,
        Action.EDIT_ADDRESS,
    ),
    _K.NON_ASCII_ADDRESS: Sentences(
        N_("{host} takes no letters such as ä or é before the @."),
        N_("Most providers offer a second address without them for such servers."),
        _ADDRESS,
        Action.EDIT_ADDRESS,
    ),
    _K.OAUTH_ONLY: Sentences(
        N_("{provider} signs you in inside the mail program."),
        N_("No password is needed here. We prepare what we can, but could not test the login."),
        N_("Go on without a password"),
        Action.CONTINUE,
    ),
    _K.BRIDGE_NEEDED: Sentences(
        N_("{provider} needs a helper program of its own."),
        N_(
            "This program, the bridge, has to run on your computer. It shows the settings that "
            "mail programs then use."
        ),
        N_("Enter the bridge's settings"),
        Action.EDIT_SERVERS,
        "general",
        _HELP,
    ),
    _K.NOT_POSSIBLE: Sentences(
        N_("{provider} can be read only in its own apps."),
        N_("It does not let other mail programs in. Please use its app or its website."),
        N_("Use another address"),
        Action.EDIT_ADDRESS,
        "general",
        _HELP,
    ),
    _K.EXCHANGE_ONLY: Sentences(
        N_("This is an Exchange mailbox."),
        N_(
            "Outlook and the mail apps of Apple and Android find its server by themselves. Other "
            "programs get in only where whoever runs the mailbox allows IMAP."
        ),
        N_("Enter the servers myself"),
        Action.EDIT_SERVERS,
    ),
    _K.PROGRAM_RUNNING: Sentences(
        N_("{program} is open."),
        N_("While it runs it would undo our changes. Please close it; nothing gets lost."),
        N_("It is closed now"),
        Action.CLOSE_PROGRAM,
    ),
    _K.PROGRAM_MISSING: Sentences(
        N_("{program} was not found on this computer."),
        N_("Install it first, or choose another way to read your mail."),
        N_("Look again"),
        Action.RETRY,
    ),
    _K.PROGRAM_READ_ONLY: Sentences(
        N_("{program} cannot be set up: its settings are write-protected."),
        N_("We may not write to {path}. Nothing was changed."),
        _AGAIN,
        Action.RETRY,
    ),
    _K.PROGRAM_FILE_UNREADABLE: Sentences(
        N_("{program} has settings that we cannot read."),
        N_("{path} is damaged or of a kind we do not know. Nothing was changed."),
        N_("Choose another way"),
        Action.CHOOSE_PROGRAM,
    ),
    _K.PROGRAM_FILE_CHANGED: Sentences(
        N_("{program} has changed its settings in the meantime."),
        N_("Nothing was overwritten. We look again at what is to be done."),
        N_("Look again"),
        Action.RETRY,
    ),
    _K.PROGRAM_UNSUPPORTED: Sentences(
        N_("{program} cannot be set up by us with this account."),
        N_("The settings sheet has everything you need to do it by hand."),
        N_("Choose another way"),
        Action.CHOOSE_PROGRAM,
    ),
    _K.PROFILE_CHOICE_NEEDED: Sentences(
        N_("{program} has several profiles."),
        N_("Please choose the one you use. The others stay as they are."),
        N_("Choose a profile"),
        Action.CHOOSE_PROFILE,
    ),
    _K.CHANGE_UNKNOWN: Sentences(
        N_("This change is not in our records."),
        N_("It may have been undone already, or it was made on another computer."),
        N_("Show all changes"),
        Action.SHOW_CHANGES,
    ),
    _K.DISK_FULL: Sentences(
        N_("There is no room left on the disk."),
        N_("{path} could not be written; what was there before is still there. Please make room."),
        _AGAIN,
        Action.RETRY,
    ),
    _K.FOLDER_NOT_WRITABLE: Sentences(
        N_("Nothing can be saved in this folder."),
        N_("We may not write to {path}."),
        N_("Choose another folder"),
        Action.CHOOSE_FOLDER,
    ),
}


def _has(*facts: str) -> Callable[[Problem], bool]:
    return lambda problem: all(problem.fact(fact) for fact in facts)


VARIANTS: tuple[tuple[ProblemKind, Callable[[Problem], bool], Sentences], ...] = (
    (
        _K.FOLDER_NOT_WRITABLE,
        _has("ours"),
        Sentences(
            N_("The wizard's own folder is closed to you."),
            N_(
                "In {path} it keeps what was there before, and nothing is changed without that. "
                "The folder probably belongs to the administrator, since the wizard was once "
                "started as one. Whoever looks after this computer can give it back to you."
            ),
            _AGAIN,
            Action.RETRY,
        ),
    ),
    (
        _K.DOMAIN_MISTYPED,
        lambda problem: problem.service is not None,
        Sentences(
            N_("There is no server named {host}."),
            N_("The name is probably mistyped, or the server has got a new one."),
            _SERVERS,
            Action.EDIT_SERVERS,
        ),
    ),
    (
        _K.NAME_SERVER_BROKEN,
        _has("others"),
        Sentences(
            N_("The name {host} cannot be looked up right now."),
            N_(
                "Other names can, so this network is fine. The name server responsible for it "
                "does not answer; that usually passes."
            ),
            _LATER,
            Action.WAIT,
        ),
    ),
    (
        _K.CERTIFICATE_EXPIRED,
        _has("not_after"),
        Sentences(
            N_("The certificate of {host} has expired."),
            N_(
                "It was valid until {not_after}. Nobody can tell any more who is really answering, "
                "so nothing was sent. {provider} has to renew it."
            ),
            _FOR_PROVIDER,
            Action.COPY_REPORT,
        ),
    ),
    (
        _K.CERTIFICATE_OTHER_HOST,
        _has("names"),
        Sentences(
            N_("The server that answered is not {host}."),
            N_(
                "Its certificate was made out for {names}, so nothing was sent. The server's name "
                "is probably not quite right."
            ),
            _SERVERS,
            Action.EDIT_SERVERS,
        ),
    ),
    (
        _K.CERTIFICATE_UNKNOWN_AUTHORITY,
        _has("issuer"),
        Sentences(
            N_("Nobody this computer knows vouches for {host}."),
            N_(
                "The certificate was issued by {issuer}, which is not trusted here, or a part of "
                "it is missing. Nothing was sent. In a company, this computer may lack the "
                "company's own certificate."
            ),
            _FOR_PROVIDER,
            Action.COPY_REPORT,
        ),
    ),
    (
        _K.THROTTLED,
        _has("wait_seconds"),
        Sentences(
            N_("{provider} has slowed this mailbox down."),
            N_(
                "Much was fetched in a short time. Your password was not checked. The server asks "
                "us to wait about {minutes} min."
            ),
            _LATER,
            Action.WAIT,
        ),
    ),
    (
        _K.KEYCHAIN_UNAVAILABLE,
        lambda problem: problem.fact("reason") == "locked",
        Sentences(
            N_("The system's keychain is locked."),
            N_("Unlock it in the window that your system shows, then come back."),
            _AGAIN,
            Action.RETRY,
        ),
    ),
    (
        _K.BROWSER_SIGN_IN_NEEDED,
        lambda problem: problem.fact("sign_in") == "open",
        Sentences(
            N_("You are not signed in yet."),
            N_(
                "The page in the browser was left, or it did not let this program in. Sign in "
                "there once more; we wait here."
            ),
            N_("Sign in with the browser"),
            Action.RETRY,
        ),
    ),
    (
        _K.BROWSER_SIGN_IN_NEEDED,
        lambda problem: problem.fact("sign_in") == "refused",
        Sentences(
            N_("{host} did not accept the sign-in."),
            N_(
                "Perhaps the browser was signed in with another account. Sign in once more, with "
                "the account of this address."
            ),
            N_("Sign in with the browser"),
            Action.RETRY,
        ),
    ),
    (
        _K.PORT_BLOCKED,
        _has("proxy"),
        Sentences(
            N_("This network blocks the way to your mail."),
            N_(
                "Here only websites can be reached, through the proxy {proxy}, and it does not "
                "carry mail. Try another network, for example your phone's, or ask whoever looks "
                "after this one to open port {port} to {host}."
            ),
            _AGAIN,
            Action.RETRY,
        ),
    ),
    (
        _K.KEYCHAIN_UNAVAILABLE,
        lambda problem: problem.fact("reason") == "slow",
        Sentences(
            N_("The system's keychain does not answer."),
            N_(
                "It may be waiting for you in another window: look for one that asks for a "
                "password."
            ),
            _AGAIN,
            Action.RETRY,
        ),
    ),
    (
        _K.KEYCHAIN_UNAVAILABLE,
        lambda problem: problem.fact("reason") == "too-long",
        Sentences(
            N_("The password is too long for the system's keychain."),
            N_("It is stored nowhere; your mail program asks for it once."),
            N_("Go on without storing it"),
            Action.CONTINUE,
        ),
    ),
    (
        _K.SERVER_SAID,
        lambda problem: not problem.server_said,
        Sentences(
            N_("{host} gave an answer we do not understand."),
            N_("It did not say why. Your provider can look it up with the note we make for you."),
            _FOR_PROVIDER,
            Action.COPY_REPORT,
        ),
    ),
)
"""More exact words where the facts allow them; the first that fits counts."""


def sentences_for(problem: Problem) -> Sentences:
    """The English words of a problem."""
    for kind, fits, sentences in VARIANTS:
        if kind is problem.kind and fits(problem):
            return sentences
    return PROBLEMS[problem.kind]
