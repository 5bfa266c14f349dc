"""What lesson 02 claims."""

from claimed.claim import Claim

CLAIMS: tuple[Claim, ...] = ()
