package sigma

import (
	"encoding/binary"
	"fmt"
	"hash"
	"hash/fnv"
)

// renamed gives a rule without an id, whose title is that of another, an id of its own: the title's and a hash of what it says. Two
// that say the same keep one id, and the second is refused as a double.
func (c *compiler) renamed(s *subject, doc document) bool {
	if c.text(doc.node, "id") != "" {
		return false
	}
	mine := fmt.Sprintf("%s-%08x", s.meta.ID, s.digest)
	for _, other := range c.names[idKey(s.meta.ID)] {
		if other.digest == s.digest {
			return false
		}
	}
	s.meta.ID = mine
	return len(c.names[idKey(mine)]) == 0
}

// maxDigest bounds the nodes that a digest looks at: aliases make a small file a large tree.
const maxDigest = 10_000

// digest is a hash of what a document says, wherever it stands.
func digest(n *node) uint32 {
	h, left := fnv.New32a(), maxDigest
	n.digest(h, &left)
	return h.Sum32()
}

func (n *node) digest(h hash.Hash, left *int) {
	if *left--; *left < 0 || n == nil {
		return
	}
	var head [9]byte
	head[0] = byte(n.kind)
	binary.LittleEndian.PutUint32(head[1:], uint32(len(n.text)))
	binary.LittleEndian.PutUint32(head[5:], uint32(len(n.items)))
	_, _ = h.Write(head[:])
	_, _ = h.Write([]byte(n.text))
	for i, item := range n.items {
		if i < len(n.keys) {
			n.keys[i].digest(h, left)
		}
		item.digest(h, left)
	}
}
