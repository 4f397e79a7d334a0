"""An award as an Open Badge (3.0): a Verifiable Credential that wallets and other machines check by themselves.

It is a signed JSON Web Token. The same award always gives the same badge: nothing in it is made up on the way, and the
signature (Ed25519) depends on nothing else.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from sqlalchemy.orm import Session

from charter.award import status_list, verification
from charter.award.documents import Press
from charter.award.models import Award
from charter.award.status_list import REVOCATION, StatusPlace
from charter.clock import LOCAL
from charter.framework.asking import rule_in_words
from charter.framework.content import Content, Level
from charter.keys import ALGORITHM, SIGNATURES, Keys

CREDENTIALS = "https://www.w3.org/ns/credentials/v2"
CONTEXT = [
    CREDENTIALS,
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
]
SCHEMA = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
LIST_LASTS = timedelta(minutes=15)
"""For how long a status list that somebody kept may be shown to others at most."""
LIST_FRESH_FOR = timedelta(minutes=5)
"""After how long whoever checks badges should ask for the status list again."""
LONGEST = 20_000
"""Characters of a badge that we read; ours have about 5,000."""

Said = dict[str, Any]


# Who gives it, and for what ------------------------------------------------------------------------------------------


def issuer_id(press: Press) -> str:
    """The address by which the issuer of badges is known, and where it says who it is."""
    return f"{press.base_url}/issuer.json"


def key_address(press: Press, key_id: str) -> str:
    """Where a public key is found that signed a badge."""
    return f"{press.base_url}/issuer/keys/{key_id}"


def issuer(press: Press) -> Said:
    """Who gives the badge, as each badge says it."""
    return {
        "id": issuer_id(press),
        "type": ["Profile"],
        "name": press.issuer.scheme,
        "url": press.base_url,
        "description": f"{press.issuer.owner}, for {press.issuer.area}",
    }


def issuer_profile(press: Press, keys: Keys) -> Said:
    """What stands at the issuer's address: who it is, and every key of it that ever signed."""
    methods = [
        {
            "id": key_address(press, key["kid"]),
            "type": "JsonWebKey",
            "controller": issuer_id(press),
            "publicKeyJwk": key,
        }
        for key in keys.published["keys"]
    ]
    return {
        "@context": [*CONTEXT[:2], "https://www.w3.org/ns/cid/v1"],
        **issuer(press),
        "verificationMethod": methods,
        "assertionMethod": [one["id"] for one in methods],
    }


def achievement(content: Content, level: Level, press: Press) -> Said:
    """What a level stands for, in one version of the charter."""
    home = f"{press.base_url}/criteria/{content.meta.version}"
    rules = (rule_in_words(rule, content) for one in content.levels if one.rank <= level.rank for rule in one.rules)
    return {
        "id": f"{home}/level-{level.rank}.json",
        "type": ["Achievement"],
        "achievementType": "Award",
        "name": f"{content.meta.title}: {level.title}",
        "description": level.summary,
        "criteria": {
            "id": f"{home}?level={level.rank}",
            "narrative": "\n".join(
                [level.summary, "", *(f"- {rule}" for rule in dict.fromkeys(rules)), "", level.check]
            ),
        },
        "image": {
            "id": f"{home}/level-{level.rank}.svg",
            "type": "Image",
            "caption": f"{press.issuer.scheme}: {level.title}",
        },
        "version": content.meta.version,
        "inLanguage": "en-GB",
    }


# The badge of an award -----------------------------------------------------------------------------------------------


def badge_id(press: Press, code: str) -> str:
    """The address by which the badge of an award is known. It stays the same when the badge is given out anew."""
    return f"{press.address(code)}/badge"


def list_address(press: Press, list_number: int) -> str:
    """Where a status list is published."""
    return f"{press.base_url}/certificates/status/{REVOCATION}/{list_number}"


def credential(award: Award, place: StatusPlace, press: Press) -> Said:
    """All that the award's badge says, with the claims of a JSON Web Token beside it.

    A badge given out anew is valid from that moment, so that machines know which is the newer; `awardedDate` stays.
    """
    content = award.framework.content
    level = content.level(award.level)
    assert level is not None
    first, end = begins(award.starts_on), ends(award.ends_on)
    valid_from = first if place.edition == 1 else max(first, place.given_at.replace(microsecond=0))
    home, status = press.address(award.code), list_address(press, place.list_number)
    who = f"{home}#employer"
    what = achievement(content, level, press)
    return {
        "@context": CONTEXT,
        "id": badge_id(press, award.code),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": what["name"],
        "description": f"{award.name} holds this level. {home} says whether it still does.",
        "issuer": issuer(press),
        "awardedDate": _moment(first),
        "validFrom": _moment(valid_from),
        "validUntil": _moment(end),
        "credentialSubject": {
            "id": who,
            "type": ["AchievementSubject", "Profile"],
            "name": award.name,
            "identifier": [
                {"type": "IdentityObject", "hashed": False, "identityHash": award.name, "identityType": "name"}
            ],
            "licenseNumber": award.number,
            "achievement": what,
        },
        "evidence": evidence(level, home),
        "credentialSchema": [{"id": SCHEMA, "type": "1EdTechJsonSchemaValidator2019"}],
        "credentialStatus": {
            "id": f"{status}#{place.position}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": REVOCATION,
            "statusListIndex": str(place.position),
            "statusListCredential": status,
        },
        "iss": issuer_id(press),
        "sub": who,
        "jti": badge_id(press, award.code),
        "iat": int(place.given_at.timestamp()),
        "nbf": int(valid_from.timestamp()),
        "exp": int(end.timestamp()),
    }


def evidence(level: Level, address: str) -> list[Said]:
    """How far the scheme checked, for whoever reads the badge. `address` is the public page that proves the award."""
    return [{"id": address, "type": ["Evidence"], "name": level.depth, "narrative": level.check}]


def begins(day: date) -> datetime:
    """The first moment of a day where the scheme is."""
    return datetime.combine(day, time.min, LOCAL).astimezone(UTC)


def ends(day: date) -> datetime:
    """The last second of a day where the scheme is."""
    return begins(day + timedelta(days=1)) - timedelta(seconds=1)


def status_credential(list_number: int, encoded: str, press: Press, *, at: datetime) -> Said:
    """A status list as it is signed and published. `encoded` are its bits."""
    home, until = list_address(press, list_number), at + LIST_LASTS
    return {
        "@context": [CREDENTIALS],
        "id": home,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer_id(press),
        "validFrom": _moment(at),
        "validUntil": _moment(until),
        "credentialSubject": {
            "id": f"{home}#list",
            "type": "BitstringStatusList",
            "statusPurpose": REVOCATION,
            "encodedList": encoded,
            "ttl": LIST_FRESH_FOR // timedelta(milliseconds=1),
        },
        "iss": issuer_id(press),
        "sub": f"{home}#list",
        "iat": int(at.timestamp()),
        "nbf": int(at.timestamp()),
        "exp": int(until.timestamp()),
    }


def sign(said: Mapping[str, Any], press: Press, keys: Keys) -> str:
    """A credential as a signed token, which names its key by the address where anyone finds it."""
    header = {"alg": ALGORITHM, "typ": "JWT", "kid": key_address(press, keys.key_id)}
    payload = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    return jws.serialize_compact(header, payload, keys.issuer, registry=SIGNATURES)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# Reading one ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Badge:
    """A badge that we signed, as it was given out. Whether its award still stands is another question: `find`."""

    code: str
    number: str
    name: str
    title: str
    valid_from: datetime
    valid_until: datetime
    list_number: int
    position: int
    said: Said


def read(token: str, press: Press, keys: Keys) -> Badge | None:
    """The badge in this token; None when we did not sign it, or when anything of it was changed.

    Nothing that a token says of itself decides how it is checked: one algorithm, only our keys, and a header that holds
    what we write there and no more.
    """
    token = token.strip()
    if len(token) > LONGEST:
        return None
    try:
        header = jws.extract_compact(token.encode()).headers()
        ours = {key_address(press, one.thumbprint()): one for one in (keys.issuer, *keys.older)}
        if header != {"alg": ALGORITHM, "typ": "JWT", "kid": header["kid"]}:
            return None
        said = json.loads(jws.deserialize_compact(token, ours[header["kid"]], registry=SIGNATURES).payload)
        return _badge(said, press) if "OpenBadgeCredential" in said["type"] else None
    except (JoseError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None  # a token that was tampered with may be of any shape


def _badge(said: Said, press: Press) -> Badge | None:
    found = re.fullmatch(r".*/certificates/([A-Za-z0-9_-]{1,32})/badge", said["id"])
    subject, status = said["credentialSubject"], said["credentialStatus"]
    if found is None or said["iss"] != issuer_id(press):
        return None
    return Badge(
        code=found[1],
        number=subject["licenseNumber"],
        name=subject["name"],
        title=subject["achievement"]["name"],
        valid_from=datetime.fromtimestamp(said["nbf"], UTC),
        valid_until=datetime.fromtimestamp(said["exp"], UTC),
        list_number=int(status["statusListCredential"].rsplit("/", 1)[1]),
        position=int(status["statusListIndex"]),
        said=said,
    )


def find(session: Session, badge: Badge) -> tuple[Award, bool] | None:
    """The award of a badge, and whether the badge is the one that is given out for it now; None when there is none."""
    award = verification.find(session, badge.code)
    place = status_list.of(session, award.id) if award is not None else None
    if award is None or place is None:
        return None
    return award, (place.list_number, place.position) == (badge.list_number, badge.position)
