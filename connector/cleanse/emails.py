"""E-mail addresses: one form, a key, and what an address says about its owner."""

from __future__ import annotations

import re

from email_validator import EmailNotValidError, validate_email

from connector.cleanse.characters import folded_key, one_width, settle, tidy_line
from connector.cleanse.contract import Cleansed, Status
from connector.cleanse.textual import is_placeholder, plain_key
from connector.cleanse.wordlist import words
from connector.model import Value

_ORDINARY = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@"
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}"
)
_LONGEST = 254

# Mobile carriers issued addresses with "..", or "." before the @, until 2009; they still receive mail.
_CARRIERS = frozenset(
    words("""
    docomo.ne.jp ezweb.ne.jp au.com softbank.ne.jp i.softbank.jp vodafone.ne.jp disney.ne.jp ymobile.ne.jp
    y-mobile.ne.jp ymobile1.ne.jp willcom.com pdx.ne.jp emobile.ne.jp rakuten.jp uqmobile.jp biz.ezweb.ne.jp
    """)
)
_CARRIER_AREAS = re.compile(r"[dhtcrknsq]\.vodafone\.ne\.jp|jp-[dhtcrknsq]\.ne\.jp|\w{2,3}\.pdx\.ne\.jp")
_LEGACY = re.compile(r"[A-Za-z0-9._/?+-]{1,64}@([a-z0-9.-]+)")

_FREE = _CARRIERS | frozenset(
    words("""
    gmail.com googlemail.com yahoo.co.jp ymail.ne.jp yahoo.com yahoo.co.uk yahoo.fr yahoo.de hotmail.com
    hotmail.co.jp outlook.com outlook.jp live.jp live.com msn.com icloud.com me.com mac.com aol.com aol.jp
    proton.me protonmail.com zoho.com gmx.com gmx.de gmx.net mail.com mail.ru yandex.com yandex.ru qq.com
    163.com 126.com sina.com naver.com daum.net hanmail.net excite.co.jp infoseek.jp goo.jp goo.ne.jp nifty.com
    biglobe.ne.jp so-net.ne.jp ocn.ne.jp plala.or.jp dion.ne.jp asahi-net.or.jp hi-ho.ne.jp jcom.home.ne.jp
    jcom.zaq.ne.jp mbn.or.jp kcn.jp web.de orange.fr free.fr laposte.net libero.it fastmail.com tutanota.com
    hey.com comcast.net verizon.net att.net sbcglobal.net
    """)
)

_ROLES = frozenset(
    words("""
    info information contact contactus inquiry inquiries enquiry otoiawase toiawase support help helpdesk sales
    eigyo marketing press pr kouhou koho ir recruit recruiting saiyo saiyou career careers jobs jinji hr soumu
    somu keiri account accounts accounting billing invoice seikyu order orders shop store web webmaster
    postmaster hostmaster admin administrator root abuse security noreply no-reply no_reply donotreply
    do-not-reply mailer-daemon bounce office honsha honten jimukyoku service services customer cs csr desk
    frontdesk reception uketsuke group all mail email staff team everyone company kaisha hello hi general
    enquiries partner partners media event events seminar newsletter news system kanri koubai kobai purchase
    purchasing gijutsu tech legal houmu privacy daihyo daihyou
    """)
)
_NUMBERED = re.compile(r"[-_.]?\d{1,3}$")

_INVENTED = frozenset(
    words("""
    test@test.com test@test.co.jp test@test.jp a@a.com a@b.c a@b.com aaa@aaa.com xxx@xxx.com xxx@xxx.co.jp
    none@none.com no@email.com noemail@noemail.com noemail@email.com dummy@dummy.com dummy@dummy.co.jp
    nobody@nowhere.com unknown@unknown.com
    aaa@aaa.aaa
    """)
)


def _shape(text: str) -> str:
    text = tidy_line(text)
    text = one_width(text.replace("－", "-"))
    if text[:7].lower() == "mailto:":
        text = text[7:]
    local, at, domain = text.rpartition("@")
    return f"{local}@{domain.lower()}".strip() if at else text


def is_email(text: str) -> bool:
    """Could mail be sent there? Syntax only; nothing is looked up.

    >>> is_email("taro@example.co.jp"), is_email("taro..yamada@docomo.ne.jp"), is_email("taro@example,co.jp")
    (True, True, False)
    """
    if len(text) > _LONGEST:
        return False
    # "--" may be a wrongly encoded international domain: the slow path looks.
    if "--" not in text and _ORDINARY.fullmatch(text):
        return text.find("@") <= 64
    legacy = _LEGACY.fullmatch(text)
    if legacy and (legacy[1] in _CARRIERS or _CARRIER_AREAS.fullmatch(legacy[1])):
        return True
    return (not text.isascii() or "--" in text) and _ascii_domain(text) is not None


def _ascii_domain(text: str) -> str | None:
    try:
        checked = validate_email(text, check_deliverability=False, test_environment=True)
    except (EmailNotValidError, UnicodeError, ValueError):
        return None
    return checked.ascii_domain


def email_parts(text: str) -> tuple[str, str]:
    """Local part and domain as keys have them: lower case, without +tag; Gmail ignores dots.

    >>> email_parts("Taro.Yamada+crm@Gmail.com"), email_parts("Taro.Yamada@Example.co.jp")
    (('taroyamada', 'gmail.com'), ('taro.yamada', 'example.co.jp'))
    """
    local, at, domain = text.casefold().rpartition("@")
    if not at:
        return text.casefold(), ""
    head, _, _ = local.partition("+")
    local = head or local
    if domain in ("gmail.com", "googlemail.com"):
        local, domain = local.replace(".", "") or local, "gmail.com"
    if not domain.isascii():
        domain = _ascii_domain(f"x@{domain}") or domain
    return local, domain


def email(value: Value) -> Cleansed:
    """Width and case of an address.

    >>> email("ｔａｒｏ＠Ｅｘ.jp").display, email("Taro+mail@Example.JP").key, email("なし").display
    ('taro@ex.jp', 'taro@example.jp', None)
    """
    if not isinstance(value, str):
        return Cleansed(value, plain_key(value))
    if len(value) <= _LONGEST and is_placeholder(value):
        return Cleansed(None, "", Status.MISSING, ("placeholder",))
    shown = value if len(value) > 4 * _LONGEST else settle(_shape, value)
    if not shown:
        return Cleansed(None, "", Status.MISSING)
    if not is_email(shown):
        return Cleansed(shown, folded_key(shown), Status.INVALID, ("not_an_email",))
    if is_invented(shown):
        return Cleansed(shown, "", Status.REVIEW, ("placeholder",))
    local, domain = email_parts(shown)
    kinds = (("role_address", is_role_address), ("free_mail", is_free_mail))
    reasons = tuple(reason for reason, applies in kinds if applies(shown))
    return Cleansed(shown, f"{local}@{domain}", Status.SAME if shown == value else Status.FORMATTED, reasons)


def owner(value: Value) -> Cleansed:
    """The address of a colleague: lower case as a whole, for it names an account.

    >>> owner("Ｔaro@Example.JP").display
    'taro@example.jp'
    """
    if not isinstance(value, str):
        return Cleansed(value, plain_key(value))
    shown = settle(lambda text: one_width(text).strip().lower(), value) or None
    return Cleansed(shown, plain_key(shown), Status.SAME if shown == value else Status.FORMATTED)


def is_invented(email: str) -> bool:
    """An address that was typed because one had to be typed.

    >>> is_invented("Test@test.com"), is_invented("taro@example.jp")
    (True, False)
    """
    folded = email.casefold()
    return folded in _INVENTED or folded.startswith("noemail@")


def is_role_address(email: str) -> bool:
    """An address of an office, not of a person: it identifies nobody.

    >>> is_role_address("Info@example.jp"), is_role_address("sales2@example.com"), is_role_address("taro@a.jp")
    (True, True, False)
    """
    local = email.strip().casefold().partition("@")[0].partition("+")[0]
    if local in _ROLES or _NUMBERED.sub("", local) in _ROLES:
        return True
    head = re.split(r"[-_.]", local, maxsplit=1)[0]
    return head in ("info", "noreply", "support", "contact", "no") and head != local


def is_free_mail(email: str) -> bool:
    """A provider's or a carrier's address: its domain says nothing about the company.

    >>> is_free_mail("taro@gmail.com"), is_free_mail("taro@docomo.ne.jp"), is_free_mail("taro@example.co.jp")
    (True, True, False)
    """
    domain = email.strip().casefold().rpartition("@")[2]
    return domain in _FREE or _CARRIER_AREAS.fullmatch(domain) is not None
