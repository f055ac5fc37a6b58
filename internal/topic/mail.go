package topic

import (
	"fmt"
	"mime"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// mail writes a message into the mailbox of an address, as a mail in a file. The
// same message written again is the same file.
func (t *Topics) mail(of *Topic, sub *Subscription, e *envelope) error {
	text := e.Message + "\n\n--\n" +
		"If you wish to stop receiving notifications from this topic, please visit the link below to unsubscribe:\n" + e.UnsubscribeURL + "\n"
	kind := "text/plain; charset=UTF-8"
	if sub.Protocol == "email-json" {
		doc, err := e.body()
		if err != nil {
			return err
		}
		text, kind = string(doc)+"\n", "application/json; charset=UTF-8"
	}
	name := of.Attributes["DisplayName"]
	if name == "" {
		name = "AWS Notifications"
	}
	subject := e.Subject
	if subject == "" {
		subject = "AWS Notification Message"
	}
	at, err := time.Parse(time.RFC3339, e.Timestamp)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, h := range [][2]string{
		{"From", (&mail.Address{Name: name, Address: "no-reply@sns.grue.local"}).String()},
		{"To", sub.Endpoint},
		{"Subject", mime.QEncoding.Encode("utf-8", subject)},
		{"Date", at.Format(time.RFC1123Z)},
		{"Message-ID", "<" + e.MessageID + "@sns.grue.local>"},
		{"X-Amz-Sns-Topic-Arn", e.TopicARN},
		{"X-Amz-Sns-Subscription-Arn", sub.ARN()},
		{"MIME-Version", "1.0"},
		{"Content-Type", kind},
		{"Content-Transfer-Encoding", "8bit"},
	} {
		fmt.Fprintf(&b, "%s: %s\n", h[0], h[1])
	}
	b.WriteString("\n" + text)
	return writeMail(filepath.Join(t.opts.Mail, sub.Endpoint), e.MessageID+".eml", b.String())
}

// writeMail makes a file appear whole and on disk.
func writeMail(dir, name, text string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // in vain once it has its name
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Sync()
	}
	if gone := f.Close(); err == nil {
		err = gone
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(dir, name))
}
