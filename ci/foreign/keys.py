"""The pipeline's key for a server with SMART Backend Services."""

import json
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

KEY_ID = "pipeline-1"


class ClientKey:
    """A fresh RSA key: the private half in a file that only its owner reads."""

    def __init__(self, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.private = folder / "private.pem"
        self.private.unlink(missing_ok=True)
        self.private.touch(mode=0o600)
        self.private.write_bytes(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
        public = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
        self.jwks = {"keys": [{**public, "kid": KEY_ID, "alg": "RS384", "use": "sig", "key_ops": ["verify"]}]}

    def jwks_text(self) -> str:
        return json.dumps(self.jwks)
