# An edit that AWS takes alone.
class = "STANDARD_INFREQUENT_ACCESS"
