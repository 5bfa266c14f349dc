"""What lesson 07 claims."""

from claimed.claim import Claim

CLAIMS: tuple[Claim, ...] = ()
