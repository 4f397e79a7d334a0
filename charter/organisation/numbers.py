"""The numbers of employers, and postcodes, as their registers write them."""

import re

from charter.errors import Refusal

# Companies House: eight digits, or two letters and six digits (OC, SC, NI, LP, FC, RS, ...). Older numbers of Northern
# Ireland are R and seven digits; registered societies end in R.
_COMPANY = re.compile(r"[0-9]{8}|[A-Z]{2}[0-9]{6}|R[0-9]{7}|(?:IP|SP|NP)[0-9]{5}R")
# The Charity Commission (six or seven digits), OSCR (SC0 and five digits), the Commission for Northern Ireland (six
# digits that begin with 1, often written with NIC before them).
_CHARITY = re.compile(r"[0-9]{6,7}|SC0[0-9]{5}|NIC?1[0-9]{5}")
_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][0-9A-Z]?)([0-9][ABD-HJLNP-UW-Z]{2})")


def company_number(typed: str | None) -> str | None:
    """A company number as Companies House writes it; None when nothing was typed. Raises Refusal when it cannot be one.

    Spaces are dropped, letters made capital, and a number of seven digits gets the zero it lost.
    """
    number = re.sub(r"[\s.-]", "", typed or "").upper()
    if not number:
        return None
    if re.fullmatch(r"[0-9]{7}", number):
        number = f"0{number}"
    if not _COMPANY.fullmatch(number):
        raise Refusal(
            "A company number has 8 characters, such as 01234567 or OC123456. You can find yours on the Companies "
            "House website. Leave this empty if you have none.",
            field="company_number",
        )
    return number


def charity_number(typed: str | None) -> str | None:
    """A charity number as its regulator writes it; None when nothing was typed. Raises Refusal when it is none."""
    number = re.sub(r"[\s.-]", "", typed or "").upper()
    if not number:
        return None
    if not _CHARITY.fullmatch(number):
        raise Refusal(
            "A charity number has 6 or 7 digits in England and Wales, such as 1234567. In Scotland it looks like "
            "SC012345, in Northern Ireland like 101234. Leave this empty if you have none.",
            field="charity_number",
        )
    return number


def postcode(typed: str | None) -> str | None:
    """A postcode with its space and capitals; None when nothing was typed. Raises Refusal when it cannot be one."""
    code = re.sub(r"\s", "", typed or "").upper()
    if not code:
        return None
    found = _POSTCODE.fullmatch(code)
    if not found:
        raise Refusal("Enter a full postcode, such as WR1 3EX.", field="postcode")
    return f"{found[1]} {found[2]}"
