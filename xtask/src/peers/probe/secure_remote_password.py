"""The client's side of Secure Remote Password (RFC 5054, 3072 bits) in the form of Cognito, which derives its key with HKDF."""

import base64
import datetime
import hashlib
import hmac
import secrets


def _arctangent_of_inverse(number, one):
    """`one` times the arctangent of 1/number, cut off."""
    power = total = one // number
    sign, odd = -1, 3
    while power:
        power //= number * number
        total += sign * (power // odd)
        sign, odd = -sign, odd + 2
    return total


def _prime():
    # RFC 3526, section 4, tells the prime of 3072 bits by digits of pi; 64 bits more than needed take up what is cut off.
    one = 1 << 2942 + 64
    pi = 4 * (4 * _arctangent_of_inverse(5, one) - _arctangent_of_inverse(239, one)) >> 64
    return (1 << 3072) - (1 << 3008) - 1 + (1 << 64) * (pi + 1690314)


PRIME, GENERATOR = _prime(), 2


def _bytes(number):
    """Big-endian bytes that do not read as a negative number."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _hash(*parts):
    return int.from_bytes(hashlib.sha256(b"".join(parts)).digest(), "big")


class Session:
    """One attempt to sign in to a pool; `public` is SRP_A."""

    def __init__(self, pool):
        self._pool = pool.split("_", 1)[1]
        self._private = secrets.randbits(1024)
        self._public = pow(GENERATOR, self._private, PRIME)
        self.public = f"{self._public:x}"

    def answer(self, asked, password):
        """Answers of the challenge PASSWORD_VERIFIER to its parameters."""
        user, block = asked["USER_ID_FOR_SRP"], asked["SECRET_BLOCK"]
        theirs, salt = int(asked["SRP_B"], 16), int(asked["SALT"], 16)
        scramble = _hash(_bytes(self._public), _bytes(theirs))
        secret = _hash(_bytes(salt), hashlib.sha256(f"{self._pool}{user}:{password}".encode()).digest())
        multiplier = _hash(_bytes(PRIME), _bytes(GENERATOR))
        shared = pow(theirs - multiplier * pow(GENERATOR, secret, PRIME), self._private + scramble * secret, PRIME)
        extracted = hmac.digest(_bytes(scramble), _bytes(shared), "sha256")
        key = hmac.digest(extracted, b"Caldera Derived Key\1", "sha256")[:16]
        now = datetime.datetime.now(datetime.timezone.utc)
        # English names and a day without a leading zero, whatever the language of this machine is.
        day, month = "Mon Tue Wed Thu Fri Sat Sun".split()[now.weekday()], "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()[now.month - 1]
        stamp = f"{day} {month} {now.day} {now:%H:%M:%S} UTC {now.year}"
        signature = hmac.digest(key, f"{self._pool}{user}".encode() + base64.b64decode(block) + stamp.encode(), "sha256")
        return {"USERNAME": user, "PASSWORD_CLAIM_SECRET_BLOCK": block, "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(signature).decode(), "TIMESTAMP": stamp}
