"""Words for yes and no, and for having agreed to mail or not. What is not listed is not guessed."""

from __future__ import annotations

from connector.cleanse.characters import formatting_off
from connector.cleanse.wordlist import words
from connector.model import OPT_IN, OPT_OUT

_YES = frozenset(
    words("""
    true 1 yes y t on はい 有 有り あり ある ○ 〇 ◯ ◎ ✓ ✔ ☑ レ 済 済み する
    """)
) - {"する", "レ", "済", "済み", "ある"}
_NO = frozenset(
    words("""
    false 0 no n f off いいえ 無 無し なし × ✕ ✖ ✗ ✘ ☐
    """)
)

_IN = frozenset(
    words("""
    opt_in optin opt-in optedin opted-in opted_in subscribed subscribe subscriber granted consented agreed
    accepted 配信可 配信可能 配信許可 配信許諾 配信希望 配信する 配信中 配信ok メール配信可 メール可 許可 許諾
    許諾済 許諾済み 同意 同意する 同意済 同意済み 同意あり 希望する 購読 購読する 購読中 受信する 受信可
    受け取る オプトイン 承諾 承諾済
    """)
)
_OUT = frozenset(
    words("""
    opt_out optout opt-out optedout opted-out opted_out unsubscribed unsubscribe denied withdrawn revoked
    refused donotemail donotcontact 配信停止 配信停止済 配信停止済み 配信停止希望 配信拒否 配信不可 配信しない
    配信不要 配信解除 配信ng メール配信不可 メール配信停止 メール不可 停止 拒否 不許可 不同意 同意しない
    同意なし 未承諾 希望しない 購読解除 購読停止 購読しない 受信しない 受信拒否 受け取らない オプトアウト 解除
    退会
    """)
) - {"未承諾", "解除", "退会", "停止", "同意なし"}


def read_boolean(text: str) -> bool | None:
    """Yes, no, or None where the word is not listed.

    >>> read_boolean("はい"), read_boolean("×"), read_boolean("たぶん")
    (True, False, None)
    """
    word = formatting_off(text[:40])
    return True if word in _YES else False if word in _NO else None


def read_consent(text: str) -> str | None:
    """`opt_in`, `opt_out`, or None where the word does not say. "Yes" does not: it depends on the question.

    >>> read_consent("配信停止"), read_consent("Opted Out"), read_consent("購読中"), read_consent("はい")
    ('opt_out', 'opt_out', 'opt_in', None)
    """
    word = formatting_off(text[:60])
    return OPT_IN if word in _IN else OPT_OUT if word in _OUT else None
