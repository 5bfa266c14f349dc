"""What lesson 00 claims."""

from claimed.claim import Claim

CLAIMS: tuple[Claim, ...] = ()
