package tree

import (
	"bytes"
	"slices"
	"strings"
)

// Texts are the scalars at a path of names, those in arrays too, in their order, each as it is written.
func (n *Node) Texts(path []string) []string {
	switch {
	case n.Kind == '[':
		var all []string
		for _, item := range n.Items {
			all = append(all, item.Texts(path)...)
		}
		return all
	case n.Kind == '{' && len(path) > 0:
		if below := n.Get(path[0]); below != nil {
			return below.Texts(path[1:])
		}
	case n.IsScalar() && len(path) == 0:
		return []string{n.Text}
	}
	return nil
}

// Select is the object with those members alone that have one of the dotted paths, or are below one.
func (n *Node) Select(paths []string) []byte {
	var out bytes.Buffer
	n.selectInto(&out, "", paths)
	return out.Bytes()
}

func (n *Node) hasObject() bool {
	return n.Kind == '{' || slices.ContainsFunc(n.Items, (*Node).hasObject)
}

func (n *Node) selectInto(out *bytes.Buffer, prefix string, paths []string) {
	switch n.Kind {
	case '{':
		separator := byte('{')
		for _, m := range n.Members {
			path := prefix + m.Name
			whole := slices.Contains(paths, path)
			if !whole && !slices.ContainsFunc(paths, func(p string) bool { return strings.HasPrefix(p, path+".") }) {
				continue
			}
			if !whole && !m.Value.hasObject() {
				continue
			}
			out.WriteByte(separator)
			out.Write(n.source[m.Start:m.Value.Start])
			if separator = ','; whole {
				out.Write(m.Value.Raw())
			} else {
				m.Value.selectInto(out, path+".", paths)
			}
		}
		if separator == '{' {
			out.WriteByte('{')
		}
		out.WriteByte('}')
	case '[':
		out.WriteByte('[')
		separator := ""
		for _, item := range n.Items {
			if !item.hasObject() {
				continue
			}
			out.WriteString(separator)
			separator = ","
			item.selectInto(out, prefix, paths)
		}
		out.WriteByte(']')
	}
}
