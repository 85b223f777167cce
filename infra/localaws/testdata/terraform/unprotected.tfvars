# An edit that AWS takes alone.
protected = false
