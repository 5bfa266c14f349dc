"""What lesson 08 claims."""

from claimed.claim import Claim

CLAIMS: tuple[Claim, ...] = ()
