# What the second apply edits.
description = "reads shipments of a tenant"
action      = "dynamodb:Query"
tag         = "green"
session     = 7200
boundary    = "second"
managed     = "AmazonDynamoDBFullAccess"
status      = "Inactive"
trusts      = "role"
