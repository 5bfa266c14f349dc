"""What lesson 01 claims."""

from claimed.claim import Claim

CLAIMS: tuple[Claim, ...] = ()
