"""Many grants at once, behind the service's back."""

OTHERS = """
    INSERT INTO grants (grant_id, key_id, name, grantee, retiring_principal, issuing_account, operations,
                        constraints, created_by, created_at)
    WITH RECURSIVE numbers(key_id, n) AS (SELECT ?, 1 UNION ALL SELECT key_id, n + 1 FROM numbers WHERE n < ?)
    SELECT printf('%064x', n), key_id, '', 'arn:aws:iam::111122223333:role/' || n, '', '111122223333', 'Encrypt',
           '{"equals": {}, "subset": {}}', '', 0 FROM numbers
"""
"""A statement that makes grants to others on a key, as many as it is told."""
