import Testing

@testable import DrainCore

@Suite struct ServiceLinkTests {
  @Test(arguments: [
    "DRAINIT_PORT=8080", "DRAINIT_PORTS=tcp://1.2.3.4:80", "DRAINIT_PORT_80=tcp://1.2.3.4:80",
    "DRAINIT_PORT_HTTP_TCP=tcp://1.2.3.4:80", "DRAINIT_PORT_80_ICMP=x",
    "DRAINIT_PORT_80_START=x", "DRAINIT_PORT_START=80", "DRAINIT_PORT_80_TCPS=x",
    "DRAINIT_PORT_99999_TCP=tcp://x", "DRAINIT_SERVICE_HOSTS=x", "DRAINIT_SERVICE_PORTS=80",
    "DRAINIT_SERVICE_PORT_=80", "DRAINIT_SERVICE=1", "DRAINIT_XSERVICE_HOST=1",
    "DRAINIT_DEMO_PORT=http://x", "DRAINIT_DEMO_PORT=8080", "DRAINIT_NAME=web", "DRAINIT_NAME=/web",
  ])
  func whatOnlyLooksLikeALinkIsNone(variable: String) {
    let result = read(["x"], [variable])
    #expect(result.options == nil || result.options?.ports == [8080])
  }

  @Test(arguments: ["DRAINIT_", "DRAINIT_DEMO_", "DRAINIT_MY_LONG_NAME_", "DRAINIT_DRAIN_PORT_"])
  func kubernetesVariablesOfAServiceAreIgnored(prefix: String) {
    let links = [
      "SERVICE_HOST=10.0.0.7", "SERVICE_PORT=80", "SERVICE_PORT_HTTP=80", "SERVICE_PORT_DNS_UDP=53",
      "PORT=tcp://10.0.0.7:80", "PORT_80_TCP=tcp://10.0.0.7:80", "PORT_80_TCP_PROTO=tcp",
      "PORT_80_TCP_PORT=80", "PORT_80_TCP_ADDR=10.0.0.7", "PORT_80_TCP_START=tcp://10.0.0.7:80",
      "PORT_80_TCP_PORT_START=80", "PORT_80_TCP_END=tcp://10.0.0.7:82", "PORT_80_TCP_PORT_END=82",
      "PORT_53_UDP=udp://10.0.0.7:53",
      "PORT_53_UDP_ADDR=10.0.0.7", "PORT_9_SCTP=sctp://10.0.0.7:9", "PORT_9_SCTP_PROTO=sctp",
      "NAME=/web/drainit", "ENV_PATH=/bin", "PORT=udp://10.0.0.7:80", "PORT=sctp://[fd00::7]:80",
    ]
    let result = read(["x"], links.map { prefix + $0 })
    #expect(result.error == "")
    #expect(result.options?.ports == [])
  }

  @Test func whatIsNoOptionsVariableIsIgnored() {
    let result = read(
      ["x"], ["DRAINIT_VERSION=1.2.3", "drainit_x=1", "DRAINITX=1", "DRAINIT_X", ""])
    #expect(result.error == "")
  }
}
