package metadata

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// Bounds of ExpiresInMinutes.
const (
	protectDefault = 120
	protectMax     = 2880
)

type protectionRequest struct {
	ProtectionEnabled *bool
	ExpiresInMinutes  *int
}

type protectionDocument struct {
	ProtectionEnabled bool
	ExpirationDate    string `json:",omitempty"`
	TaskArn           string
}

type protectionAnswer struct {
	Protection *protectionDocument `json:"protection,omitempty"`
	Failure    *protectionFailure  `json:"failure,omitempty"`
	RequestID  string              `json:"requestID,omitempty"`
	Error      *protectionError    `json:"error,omitempty"`
}

type protectionFailure struct{ Arn, Detail, Reason string }

type protectionError struct{ Arn, Code, Message string }

func (h *Handler) getProtection(w http.ResponseWriter, r *http.Request) {
	s, ok := h.find(r)
	if !ok {
		protectionProblem(w, http.StatusNotFound, "", "ResourceNotFoundException", "Failed to find a task for the request")
		return
	}
	answer(w, http.StatusOK, protectionAnswer{Protection: protectionOf(s.task, h.opts.Now())})
}

func (h *Handler) putProtection(w http.ResponseWriter, r *http.Request) {
	s, ok := h.find(r)
	if !ok {
		protectionProblem(w, http.StatusNotFound, "", "ResourceNotFoundException", "Failed to find a task for the request")
		return
	}
	var req protectionRequest
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096))
	dec.DisallowUnknownFields()
	minutes := protectDefault
	err := dec.Decode(&req)
	switch {
	case err != nil:
		err = fmt.Errorf("UpdateTaskProtection: failed to decode request: %w", err)
	case req.ProtectionEnabled == nil:
		err = fmt.Errorf("Invalid request: does not contain 'ProtectionEnabled' field")
	case req.ExpiresInMinutes != nil:
		if minutes = *req.ExpiresInMinutes; minutes < 1 || minutes > protectMax {
			err = fmt.Errorf("Invalid request: ExpiresInMinutes must be between 1 and %d", protectMax)
		}
	}
	if err != nil {
		protectionProblem(w, http.StatusBadRequest, s.task.ARN(), "InvalidParameterException", err.Error())
		return
	}
	h.protect(w, s.task, *req.ProtectionEnabled, time.Duration(minutes)*time.Minute)
}

// protect sets or clears the protection of a RUNNING task of a service.
func (h *Handler) protect(w http.ResponseWriter, t *state.Task, on bool, span time.Duration) {
	now := h.opts.Now()
	var out protectionAnswer
	err := h.opts.Store.Update(func(tx *store.Tx) error {
		cur, ok := state.Tasks.Get(tx, t.Key())
		if !ok || cur.Service == "" || cur.LastStatus != "RUNNING" {
			out.Failure = &protectionFailure{t.ARN(), "The task must be a RUNNING task of a service.", "TASK_NOT_VALID"}
			return nil
		}
		next := *cur
		next.ProtectedUntil = time.Time{}
		if on {
			next.ProtectedUntil = now.Add(span)
		}
		state.PutTask(tx, &next)
		out.Protection = protectionOf(&next, now)
		return nil
	})
	if err != nil {
		protectionProblem(w, http.StatusInternalServerError, t.ARN(), "ServerException", "The change could not be stored")
		return
	}
	answer(w, http.StatusOK, out)
}

func protectionOf(t *state.Task, now time.Time) *protectionDocument {
	d := &protectionDocument{TaskArn: t.ARN(), ProtectionEnabled: t.Protected(now)}
	if d.ProtectionEnabled {
		d.ExpirationDate = t.ProtectedUntil.UTC().Format(time.RFC3339)
	}
	return d
}

func protectionProblem(w http.ResponseWriter, status int, task, code, message string) {
	answer(w, status, protectionAnswer{RequestID: store.NewUUID(), Error: &protectionError{task, code, message}})
}
