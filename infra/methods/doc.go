// Package methods puts three ways to keep tenants apart with IAM side by side: a role for each tenant and role definition (RBAC), a
// session policy that code writes for each session, and a session tag (ABAC). They run over the same policies, stores and attacks, so
// that their costs and holes can be compared. The product has the third alone and none of this code. See infra/docs/METHODS.md.
package methods
