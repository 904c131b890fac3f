from __future__ import annotations

import pytest

from connectors.whatsapp.signature import is_authentic, sign

BODY = b'{"object":"whatsapp_business_account","entry":[]}'
DIGEST = "sha256=dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756"


def test_the_known_vector_is_signed_as_meta_signs_it() -> None:
    assert sign(BODY, "test_app_secret") == DIGEST


@pytest.mark.parametrize(
    ("body", "header", "secrets", "authentic"),
    [
        (BODY, DIGEST, ["test_app_secret"], True),
        (BODY, DIGEST, ["new_secret", "test_app_secret"], True),
        (BODY, DIGEST, ["other"], False),
        (BODY + b" ", DIGEST, ["test_app_secret"], False),
        (BODY, DIGEST.removeprefix("sha256="), ["test_app_secret"], False),
        (BODY, DIGEST.upper(), ["test_app_secret"], False),
        (BODY, "", ["test_app_secret"], False),
        (BODY, None, ["test_app_secret"], False),
        (BODY, "sha256=ñandú", ["test_app_secret"], False),
        (BODY, DIGEST, [], False),
    ],
)
def test_only_a_body_signed_with_one_of_the_secrets_is_authentic(
    body: bytes, header: str | None, secrets: list[str], authentic: bool
) -> None:
    assert is_authentic(body, header, secrets) is authentic
