"""Condition keys that a policy may use.

AWS KMS developer guide, "AWS KMS condition keys". Keys that no request here can have are known, too, so
that a policy can move: a condition on them holds as it does for an absent key. A name of AWS KMS that isn't
known is refused: a Deny with a misspelt key would deny nothing.
"""

_KMS = frozenset(
    """
    BypassPolicyLockoutSafetyCheck CallerAccount CustomerMasterKeySpec CustomerMasterKeyUsage DataKeyPairSpec
    EncryptionAlgorithm EncryptionContextKeys ExpirationModel GrantConstraintType GrantConstraintSourceArn
    GrantIsForAWSResource GrantOperations GranteePrincipal RetiringPrincipal GranteeServicePrincipal
    RetiringServicePrincipal KeyAgreementAlgorithm KeyOrigin KeySpec KeyUsage MacAlgorithm MessageType
    MultiRegion MultiRegionKeyType PolicyName PrimaryRegion ReEncryptOnSameKey ReplicaRegion RequestAlias
    ResourceAliases RotationPeriodInDays ScheduleKeyDeletionPendingWindowInDays SigningAlgorithm
    TrailingDaysWithoutKeyUsage ValidTo ViaService WrappingAlgorithm WrappingKeySpec
    """.lower().split()
)
_KMS_PREFIXES = ("encryptioncontext:", "recipientattestation:")


def is_known(key: str) -> bool:
    """True for a condition key of AWS KMS, and for every key of another service."""
    service, _, name = key.lower().partition(":")
    if not service or not name:
        return False
    return (
        service != "kms"
        or name in _KMS
        or any(name.startswith(prefix) and name != prefix for prefix in _KMS_PREFIXES)
    )
