// Package policy parses, compiles and evaluates IAM policy documents: identity policies, permissions
// boundaries, session policies, the trust policies of roles and resource-based policies. It is pure: no I/O, no clock, no
// state, so it can be used alone. It refuses a document that it does not wholly understand when it parses it. So an
// unknown element can never lead to an allow.
//
// Parse once, decide many times: a *Policy is immutable and holds nothing of any request. A decision
// allocates nothing, except for variables within StringEqualsIgnoreCase and more than four variables in
// one value.
//
// The rules are those of the IAM User Guide; a comment at each rule names the page. Where AWS documents
// nothing, the choice is the one that grants less, and the comment says so:
//
//   - The value that replaces a variable is literal text: it never acts as a wildcard, and its colons never
//     count as those of the ARN.
//   - A variable whose key is absent, empty or has no values has no value.
//   - A tag whose value is the empty string may count as present or as absent: it is undecidable.
//   - What cannot be decided (such a tag, a key set by SetUnknown, a multivalued key used as a variable or under an
//     operator without ForAllValues or ForAnyValue, a value that is not of the operator's type) keeps an
//     Allow from applying and lets a Deny apply.
//   - A key that is present with an empty set of values counts as absent, for Null too.
//
// The parser is stricter than AWS. It refuses an empty list of actions, resources, principals or condition
// values, ForAllValues:Null and ForAnyValue:Null, values of ARN conditions that are no ARN, wildcards in the
// ARN of a principal, and keys without a tag name (aws:RequestTag/).
//
// # What it does not model
//
// Organizations' service and resource control policies; the principal CanonicalUser; IAM users' group
// policies as a layer of their own (put them into Identity); federated principals, which parse but never
// match, and with them the OIDC and SAML keys of their requests; service-linked roles; which actions,
// resource types and condition keys exist (an unknown one simply never matches); the principal IDs to
// which IAM turns the ARNs of a trust policy, so that a role that is deleted and made again is trusted
// again. The caller's root permissions are not modelled either, but for one rule: root assumes no role.
package policy
