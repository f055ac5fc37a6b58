package proxy

// transform applies the rule's host-header-rewrite and url-rewrite. It is false
// when the result is invalid: 500.
func (c *clientConn) transform() bool {
	host, url, err := c.ex.rule.Rewrite(c.req.host, c.req.target)
	if err != nil {
		return false
	}
	if host != c.req.host {
		c.ex.newHost = host
	}
	if url != c.req.target {
		c.ex.newURL = url
	}
	return true
}
