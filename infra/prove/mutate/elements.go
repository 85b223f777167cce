package mutate

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// moreActions are what somebody might add in passing, by service.
var moreActions = map[string][]string{
	"dynamodb": {"dynamodb:Scan", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:PartiQLSelect", "dynamodb:DescribeTable"},
	"s3":       {"s3:PutObject", "s3:DeleteObject", "s3:ListBucket"},
	"kms":      {"kms:Encrypt", "kms:GenerateDataKey"},
	"es":       {"es:ESHttpGet", "es:ESHttpPut", "es:ESHttpPost", "es:ESHttpDelete"},
	"sts":      {"sts:SetSourceIdentity"},
}

func (k *maker) actions(list *node, i int) {
	var services []string
	for j, action := range list.children {
		name := service(action.text)
		k.add("action widened", fmt.Sprintf("action %s made %s:*", action.text, name), k.more(), []int{i, j}, setText(name+":*"))
		k.add("action widened", fmt.Sprintf("action %s made *", action.text), k.more(), []int{i, j}, setText("*"))
		if !slices.Contains(services, name) {
			services = append(services, name)
		}
	}
	k.without("action", list, []int{i}, k.less())
	if k.allow {
		for _, name := range services {
			for _, action := range moreActions[name] {
				if !slices.ContainsFunc(list.children, func(n *node) bool { return n.text == action }) {
					k.add("action added", "action "+action+" added", Widens, []int{i}, addText(action))
				}
			}
		}
	}
	k.negate("Action", i)
}

var variable = regexp.MustCompile(`\$\{([^{},]+)[^{}]*\}`)

// otherKey is a key that someone might write instead of name by mistake. IAM does not abbreviate keys.
func otherKey(name string) string {
	if short, ok := strings.CutSuffix(name, "ID"); ok && !strings.HasSuffix(short, "/") {
		return short
	}
	return name + "2"
}

// variables replaces the first variable of text by a wildcard, and by the variable of another key.
func (k *maker) variables(what, text string, path []int, wildcard Direction) {
	found := variable.FindStringSubmatchIndex(text)
	if found == nil {
		return
	}
	before, name, after := text[:found[0]], text[found[2]:found[3]], text[found[1]:]
	written := text[found[0]:found[1]]
	k.add("variable made *", fmt.Sprintf("%s: %s made *", what, written), wildcard, path, setText(before+"*"+after))
	other := "${" + otherKey(name) + "}"
	k.add("variable of another key", fmt.Sprintf("%s: %s made %s", what, written, other), Either, path, setText(before+other+after))
}

func (k *maker) resources(list *node, i int) {
	for j, resource := range list.children {
		text, path, what := resource.text, []int{i, j}, "resource "+resource.text
		widen := func(kind, to string) {
			if to != text {
				k.add(kind, what+" made "+to, k.more(), path, setText(to))
			}
		}
		widen("resource widened", "*")
		k.variables(what, text, path, k.more())
		if slash := strings.LastIndexByte(text, '/'); slash >= 0 {
			widen("resource widened", text[:slash+1]+"*")
		}
		if end := strings.Index(text, "}-"); end >= 0 {
			k.add("delimiter removed", what+" made "+text[:end+1]+text[end+2:], Either, path, setText(text[:end+1]+text[end+2:]))
			if name, rest, ok := strings.Cut(text[end+2:], "/"); ok && name != "*" {
				widen("name cut", text[:end+2]+"*/"+rest)
				widen("name cut", text[:end+1]+"*/"+rest)
			}
		}
		if end := strings.Index(text, "}/"); end >= 0 {
			widen("delimiter removed", text[:end+1]+"*"+text[end+1:])
		}
		if service(strings.TrimPrefix(text, "arn:aws:")) == "dynamodb" && k.allow {
			k.add("resource added", "resource "+text+"/* added", k.more(), []int{i}, addText(text+"/*"))
		}
		if strings.Contains(text, "/index/") {
			k.add("resource narrowed", what+" made "+text+"x", k.less(), path, setText(text+"x"))
		}
	}
	k.without("resource", list, []int{i}, k.less())
	k.negate("Resource", i)
}

// principal replaces the whole element, since the grammar keeps the kinds of principals apart.
func (k *maker) principal(element *node, i int) {
	become := func(kind, value string) {
		k.add("principal widened", fmt.Sprintf("Principal made %s %s", kind, value), k.more(), []int{i}, func(n *node) {
			n.children = []*node{listOf(kind, value)}
		})
	}
	become("AWS", "*")
	for j, m := range element.children {
		for _, value := range m.children {
			if segments := strings.Split(value.text, ":"); len(segments) == 6 {
				become("AWS", strings.Join(segments[:5], ":")+":root")
				other := strings.Join(segments[:5], ":") + ":role/Other"
				k.add("principal added", "principal "+other+" added", k.more(), []int{i, j}, addText(other))
				k.add("principal replaced", "Principal made AWS "+other, Either, []int{i, j, 0}, setText(other))
			}
		}
		if m.name == "Service" {
			k.add("principal added", "principal ec2.amazonaws.com added", k.more(), []int{i, j}, addText("ec2.amazonaws.com"))
			k.add("principal replaced", "Principal made Service ec2.amazonaws.com", Either, []int{i, j, 0}, setText("ec2.amazonaws.com"))
		}
	}
}

// statementAdded adds a statement that somebody might add to get work done: all actions of a service on all resources, or
// the account as a principal.
func (k *maker) statementAdded(statements *node, i int) {
	k.sid = ""
	grant := func(what string, members ...*node) {
		added := &node{kind: '{', children: append([]*node{text("Effect", "Allow")}, members...)}
		k.addWithin("statement added", "statement added: Allow "+what, Widens, []int{i}, []int{i, len(statements.children)}, func(n *node) {
			n.children = append(n.children, added)
		})
	}
	if k.document == Trust {
		who := accountOf(statements)
		grant("sts:* by "+who, &node{name: "Principal", kind: '{', children: []*node{listOf("AWS", who)}}, listOf("Action", "sts:*"))
		return
	}
	var services []string
	for _, s := range statements.children {
		for _, action := range s.member("Action").live() {
			if name := service(action.text); !slices.Contains(services, name) {
				services = append(services, name)
				grant(name+":* on *", listOf("Action", name+":*"), listOf("Resource", "*"))
			}
		}
	}
}

func text(name, value string) *node { return &node{name: name, kind: '"', text: value} }

// accountOf is the account of the first principal that is an ARN, or everybody.
func accountOf(statements *node) string {
	for _, s := range statements.children {
		for _, value := range s.member("Principal").member("AWS").live() {
			if segments := strings.Split(value.text, ":"); len(segments) == 6 {
				return strings.Join(segments[:5], ":") + ":root"
			}
		}
	}
	return "*"
}
