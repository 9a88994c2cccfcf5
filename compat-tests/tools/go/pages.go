// What Redpanda Console and rpk send, with franz-go as each of them pins it: console.go with go.mod,
// rpk.go with rpk.mod. Arguments: bootstrap, timestamp of the first record of topic orders, groups.
package main

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"
)

var (
	bootstrap = os.Args[1]
	since     = number(os.Args[2])
	groups    = strings.Split(os.Args[3], ",")
	pages     int
)

// play runs one page and prints how it went.
func play(name string, page func(context.Context)) {
	pages++
	began := time.Now()
	if reason := try(page); reason != "" {
		fmt.Printf("FAIL\t%s\t%s\n", name, reason)
	} else {
		fmt.Printf("ok\t%s\t%d ms\n", name, time.Since(began).Milliseconds())
	}
}

// done says that the program came to its end.
func done() { fmt.Printf("done\t%d\n", pages) }

// failure is what a page panics with when it does not hold.
type failure string

func try(page func(context.Context)) (reason string) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	defer func() {
		if thrown := recover(); thrown != nil {
			said, ours := thrown.(failure)
			if !ours {
				panic(thrown)
			}
			reason = strings.Join(strings.Fields(string(said)), " ")
		}
	}()
	page(ctx)
	return ""
}

// soon plays again until it holds: Apache Kafka takes a moment to tell its broker what has changed.
func soon(page func(context.Context)) {
	var reason string
	for range 100 {
		if reason = try(page); reason == "" {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	panic(failure(reason))
}

func must(err error, doing string) {
	if err != nil {
		panic(failure(doing + ": " + err.Error()))
	}
}

func got[T any](value T, err error) T {
	must(err, "a request")
	return value
}

func check(holds bool, what string, about ...any) {
	if !holds {
		panic(failure(fmt.Sprintf(what, about...)))
	}
}

func same(actual, expected any, what string) {
	check(reflect.DeepEqual(actual, expected), "%s is %v, not %v", what, actual, expected)
}

func number(text string) int64 {
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		panic(err)
	}
	return value
}

func pointer[T any](value T) *T { return &value }
