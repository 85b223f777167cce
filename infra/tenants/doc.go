// Package tenants is the life of a tenant: it makes what the stores need for one, suspends it, ends its sessions, and removes it with all
// that it has. It makes nothing in IAM: a new tenant needs no new IAM object.
//
// Each command is a list of steps that look first. So a command that was cut off (Ctrl-C, kill -9, a store that was away) is finished by the
// same command again. All calls are made with the role TrackingTenantsRole, which reads no row and no document, and decrypts nothing.
//
// # Where it keeps what it knows
//
// In the table of the shipments, under two partition keys that no tenant's session can name, since a session tag with an @ is refused by the
// trust policies: @tenants has a record for each tenant, @blocked one for each that is suspended, revoked or removed.
//
// # How a session is ended
//
// Each role of tenants' sessions has a permissions boundary, a managed policy called <role>Boundary. It allows all, and denies all to the
// tenants of @blocked: without more to one that is suspended, under aws:TokenIssueTime to one that is revoked. A boundary grants nothing. So
// who may write it can end sessions, and can never widen what they may do. AWS answers such a session "with an explicit deny in a permissions
// boundary", and nothing else in Shiptrack is answered so: the tracking service tells it from all other denials by these words.
//
// The boundaries are made from @blocked and from nothing else. Two runs at a time may both write them. No run puts an older boundary in the
// place of a newer one, wherever it is killed: see enforce.
package tenants
