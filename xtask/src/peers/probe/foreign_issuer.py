"""An identity provider of OpenID Connect on loopback, and RS256 for it: signing and verifying by arithmetic alone."""

import base64
import hashlib
import http.server
import json
import math
import random
import threading
import time

#: What stands before a SHA-256 digest in a signature of PKCS #1 (RFC 8017, section 9.2, note 1).
_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
_EXPONENT = 65537


def encode(data):
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    """Bytes of base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _padded(message, size):
    tail = _SHA256 + hashlib.sha256(message).digest()
    return int.from_bytes(b"\0\1" + b"\xff" * (size - len(tail) - 3) + b"\0" + tail, "big")


def claims(token):
    """What a token says, whoever signed it."""
    return json.loads(decode(token.split(".")[1]))


def verified(token, keys):
    """What a token says when one of the keys of a JWKS signed it by RS256; raises otherwise."""
    signed, signature = token.rsplit(".", 1)
    header = json.loads(decode(signed.split(".")[0]))
    assert header["alg"] == "RS256", header
    (key,) = [key for key in keys["keys"] if key["kid"] == header["kid"]]
    assert (key["kty"], key["use"], key["alg"]) == ("RSA", "sig", "RS256"), key
    modulus, exponent = (int.from_bytes(decode(key[name]), "big") for name in "ne")
    found = pow(int.from_bytes(decode(signature), "big"), exponent, modulus)
    assert found == _padded(signed.encode(), (modulus.bit_length() + 7) // 8), "the signature is another's"
    return claims(token)


def _is_prime(number):
    if any(number % small == 0 for small in (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)):
        return False
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(20):
        power = pow(random.randrange(2, number - 1), odd, number)
        if power not in (1, number - 1) and all((power := power * power % number) != number - 1 for _ in range(twos - 1)):
            return False
    return True


def _prime(bits):
    while True:
        number = random.getrandbits(bits) | 3 << (bits - 2) | 1
        if math.gcd(number - 1, _EXPONENT) == 1 and _is_prime(number):
            return number


class Issuer:
    """Answers discovery and its keys over plain HTTP, and signs tokens."""

    def __enter__(self):
        first, second = _prime(1024), _prime(1024)
        self._modulus = first * second
        self._secret = pow(_EXPONENT, -1, (first - 1) * (second - 1))
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                found = issuer._documents().get(self.path)
                body = json.dumps(found).encode()
                self.send_response(404 if found is None else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def _documents(self):
        key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "probe", "n": encode(self._modulus.to_bytes(256, "big")), "e": "AQAB"}
        discovery = {"issuer": self.url, "jwks_uri": f"{self.url}/keys", "id_token_signing_alg_values_supported": ["RS256"]}
        return {"/.well-known/openid-configuration": discovery, "/keys": {"keys": [key]}}

    def token(self, said, life=600):
        """A token with these claims that is good for `life` seconds."""
        now = int(time.time())
        said = {"iss": self.url, "iat": now, "exp": now + life, **said}
        signed = ".".join(encode(json.dumps(part).encode()) for part in ({"alg": "RS256", "typ": "JWT", "kid": "probe"}, said))
        signature = pow(_padded(signed.encode(), 256), self._secret, self._modulus).to_bytes(256, "big")
        return f"{signed}.{encode(signature)}"
