// An SMTP server with Go's own TLS, for test_go.py: main CERTIFICATE KEY. Its first line of output is its port.
package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"strings"
)

func main() {
	pair, err := tls.LoadX509KeyPair(os.Args[1], os.Args[2])
	if err != nil {
		panic(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	for number := 0; ; number++ {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		// The first connection meets tickets as they are by default, the second none.
		config := &tls.Config{Certificates: []tls.Certificate{pair}, SessionTicketsDisabled: number > 0}
		go serve(connection, config)
	}
}

func serve(connection net.Conn, config *tls.Config) {
	defer func() { connection.Close() }()
	fmt.Fprint(connection, "220 mail.contoso.test ESMTP\r\n")
	lines := bufio.NewReader(connection)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		switch strings.ToUpper(strings.Fields(line + " .")[0]) {
		case "EHLO":
			fmt.Fprint(connection, "250-mail.contoso.test\r\n250 STARTTLS\r\n")
		case "STARTTLS":
			fmt.Fprint(connection, "220 go ahead\r\n")
			connection = tls.Server(connection, config)
			lines = bufio.NewReader(connection)
		default:
			fmt.Fprint(connection, "221 bye\r\n")
			return
		}
	}
}
