"""What lesson 05 claims."""

from claimed.claim import Claim

CLAIMS: tuple[Claim, ...] = ()
