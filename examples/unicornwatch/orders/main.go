// Command orders takes orders for unicorns: in the namespace, as
// http://orders. Each order that it accepts is an event in a queue first.
//
//	POST /orders {"unicorn":3}  201 {"id":"…","unicorn":3,"total":350}
//	GET  /orders                the latest orders that this task took
//	GET  /orders/healthz
//
// QUEUE is the queue's name.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/grue-ecs/grue/examples/unicornwatch/unicorn"
)

// Order is what the queue carries, and the answer.
type Order struct {
	ID      string `json:"id"`
	Unicorn int    `json:"unicorn"`
	Total   int    `json:"total"`
	Version string `json:"version"`
}

// latest is how many orders GET /orders answers with.
const latest = 5

// desk takes orders.
type desk struct {
	queue string // URL
	sqs   *sqs.Client

	mu    sync.Mutex
	taken []Order // the newest last
}

func main() {
	unicorn.Start()
	ctx := context.Background()
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		log.Fatal(err)
	}
	d := &desk{sqs: sqs.NewFromConfig(cfg)}
	found, err := d.sqs.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(os.Getenv("QUEUE"))})
	if err != nil {
		log.Fatal(err)
	}
	d.queue = *found.QueueUrl
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders", d.take)
	mux.HandleFunc("GET /orders", d.list)
	unicorn.Serve(":8080", "/orders", mux)
}

func (d *desk) take(w http.ResponseWriter, r *http.Request) {
	var o Order
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10)).Decode(&o)
	if err != nil || o.Unicorn < 0 || o.Unicorn >= len(unicorn.Herd) {
		http.Error(w, `an order is {"unicorn": a number of the catalogue}`, http.StatusBadRequest)
		return
	}
	o.ID, o.Total, o.Version = rand.Text(), unicorn.Price(o.Unicorn), unicorn.Version()
	text, err := json.Marshal(o)
	if err == nil {
		_, err = d.sqs.SendMessage(r.Context(), &sqs.SendMessageInput{QueueUrl: &d.queue, MessageBody: aws.String(string(text))})
	}
	if err != nil {
		log.Print(err)
		http.Error(w, "the order could not be passed on; try again", http.StatusServiceUnavailable)
		return
	}
	d.note(o)
	unicorn.JSON(w, http.StatusCreated, o)
}

func (d *desk) note(o Order) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.taken = append(d.taken, o)
	d.taken = d.taken[max(0, len(d.taken)-latest):]
}

func (d *desk) list(w http.ResponseWriter, _ *http.Request) {
	d.mu.Lock()
	out := append([]Order{}, d.taken...)
	d.mu.Unlock()
	unicorn.JSON(w, http.StatusOK, out)
}
