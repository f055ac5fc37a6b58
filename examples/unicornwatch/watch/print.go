package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// print shows the result to people.
func (w *watch) print(r *result) {
	slices.SortStableFunc(r.Deployments, func(a, b outcome) int {
		return slices.Index(services, a.Service) - slices.Index(services, b.Service)
	})
	var b strings.Builder
	fmt.Fprintf(&b, "\n%-14s %-11s %-18s %-21s %-42s %8s %7s %6s\n", "service", "version", "strategy", "ended", "who noticed", "after", "saw it", "lost")
	for _, o := range r.Deployments {
		who, after := "–", "–"
		if o.By != "" {
			who, after = strings.TrimSpace(o.By+" "+o.Detail), fmt.Sprintf("%.1f s", o.After)
		}
		fmt.Fprintf(&b, "%-14s %-11s %-18s %-21s %-42s %8s %7d %6d\n",
			o.Service, strings.TrimSpace(o.Version+" "+o.Bad), o.Strategy, o.Status, who, after, o.Saw, o.Lost)
	}
	fmt.Fprintf(&b, "\n  requests     %6d sent, %d lost, %d bad answers of bad versions, %d of good ones\n", r.Requests.Sent, r.Requests.Lost, r.Requests.BadOfBad, r.Requests.BadOfGood)
	fmt.Fprintf(&b, "  connections  %6d followed to their end, %d cut off, %d mixed\n", r.Connections.Sent, r.Connections.Lost, r.Connections.Mixed)
	fmt.Fprintf(&b, "  messages     %6d accepted, %d lost, %d told twice, %d taken out of turn\n", r.Messages.Accepted, r.Messages.Lost, r.Messages.Twice, r.Messages.Mixed)
	fmt.Fprintf(&b, "  all in       %6.1f s; a minute lasts %s\n", time.Since(w.began).Seconds(), w.minute)
	fmt.Fprint(w.out, b.String())
}

// sayHowToGoOn is for KEEP=1.
func (w *watch) sayHowToGoOn(g *grue) {
	fmt.Fprintf(w.out, `
Everything goes on running. The page: %s/frontend

  export AWS_ENDPOINT_URL=%s AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=%s
  export REPOSITORY=%s UNICORN_NAMES=%s/names AWS_DATA_PATH=%s
  examples/unicornwatch/catalog/canary.sh v9 wrong
  aws ecs list-service-deployments --cluster %s --service catalog

Stop it:

  %s down --data %s --purge
`, w.traffic.web, w.endpoint, region, w.repository, w.dir, w.data, cluster, g.program, g.data)
}
