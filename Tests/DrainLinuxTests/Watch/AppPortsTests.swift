import Foundation
import Testing

/// What drainit finds of an app's listeners, in a network namespace of the test's own.
@Suite struct AppPortsTests {
  private func findings(_ script: String, waits: Int = 1) throws -> (gate: String, ports: String) {
    let box = try Box(script)
    defer { box.end() }
    for _ in 0..<waits { #expect(box.line() == "open") }
    return (box.ask("gate"), box.ask("ports"))
  }

  @Test func listenersOfBothFamiliesAreFound() throws {
    let found = try findings("$probe -- \(Box.sockets("tcp4:8080 tcp6:9090"))")
    #expect(found.gate == "yes")
    #expect(found.ports == "8080 9090 tcp netlink descriptors")
  }

  @Test func nothingListens() throws {
    let found = try findings("$probe -- \(Box.sockets("bound4:8080"))")
    #expect(found.gate == "no")
    #expect(found.ports == "none counts descriptors")
  }

  @Test func aClientsDatagramSocketIsNoListener() throws {
    let client = try findings("exec $probe -- \(Box.sockets("udp4:40000"))")
    #expect(client.ports == "client netlink descriptors")
    let server = try findings("exec $probe -- \(Box.sockets("udp4:53 udp6:40000"))")
    #expect(server.gate == "no")
    #expect(server.ports == "udp udp-only netlink descriptors")
  }

  @Test func aGrandchildsListenerIsTheApps() throws {
    let found = try findings(
      "exec $probe -- sh -c \"$(cat <<'E'\n\(Box.sockets("pool:81")) & wait\nE\n)\"")
    #expect(found.ports == "81 tcp netlink descriptors")
  }

  @Test func workersThatShareAPortAreOnePort() throws {
    let workers = "\(Box.sockets("pool:81")) & \(Box.sockets("pool:81")) & wait"
    let found = try findings("exec $probe -- sh -c \"$(cat <<'E'\n\(workers)\nE\n)\"", waits: 2)
    #expect(found.ports == "81 tcp netlink descriptors")
  }

  @Test func aNeighboursListenerDoesNotCount() throws {
    let neighbour =
      "\(Box.sockets("tcp4:15001")) </dev/null & neighbour=$!; trap 'kill $neighbour' EXIT\n"
    let found = try findings("\(neighbour)$probe -- \(Box.sockets("tcp4:8080"))", waits: 2)
    #expect(found.ports == "8080 tcp netlink descriptors")
    let alone = try findings("\(neighbour)$probe -- \(Box.sockets("bound4:8080"))", waits: 2)
    #expect(alone.gate == "no")
    #expect(alone.ports == "none netlink descriptors")
  }

  @Test func givenPortsMustAllListen() throws {
    let both = "exec $probe --port 80 --port 81 -- "
    let found = try findings(both + Box.sockets("tcp4:80 tcp6:81 tcp4:82"))
    #expect(found.gate == "yes")
    let one = try findings(both + Box.sockets("tcp4:80"))
    #expect(one.gate == "no")
    #expect(one.ports == "80 tcp netlink given")
  }

  /// The gosu pattern: drainit is root without CAP_SYS_PTRACE, and its app another user.
  @Test func anotherUsersListenerIsFoundWithoutPrivilege() throws {
    let drop = "setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace"
    let found = try findings("\(drop) $probe -- \(Box.sockets("user:1234 tcp4:8080"))")
    #expect(found.ports == "8080 tcp netlink users")
  }

  /// The sidecar is there first; both run as users that drainit cannot look into.
  @Test func whatWasThereBeforeIsNotTheApps() throws {
    let drop = "setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace"
    let script = """
      place=$(mktemp -d)
      mkfifo $place/fifo
      trap 'rm -r $place; kill $neighbour || true' EXIT
      \(Box.sockets("user:1234 tcp4:15001 udp4:5353")) </dev/null >$place/fifo & neighbour=$!
      read line <$place/fifo
      \(drop) $probe -- \(Box.sockets("user:1234 tcp4:8080"))
      """
    #expect(try findings(script).ports == "8080 tcp netlink users")
  }

  @Test func anInheritedListenerIsTheApps() throws {
    let script = """
      exec /usr/bin/python3 -c '
      import os, socket, sys
      s = socket.create_server(("", 8080))
      s.set_inheritable(True)
      os.execv(sys.argv[1], sys.argv[1:])
      ' $probe -- sh -c 'exec 3<&- 4<&- 5<&-; echo open; exec sleep 600'
      """
    #expect(try findings(script).ports == "8080 tcp netlink descriptors")
  }

  /// Where netlink is refused, as in gVisor, /proc/net shows the same.
  @Test func withoutNetlinkProcNetIsRead() throws {
    let found = try findings(
      "exec \(Box.withoutNetlink) $probe -- \(Box.sockets("tcp4:8080 tcp6:9090 udp4:53"))")
    #expect(found.gate == "yes")
    #expect(found.ports == "8080 9090 udp both proc descriptors")
    let none = try findings("exec \(Box.withoutNetlink) $probe -- \(Box.sockets("bound4:8080"))")
    #expect(none.ports == "none counts descriptors")
    let neighbour =
      "\(Box.sockets("tcp4:15001")) </dev/null & neighbour=$!; trap 'kill $neighbour' EXIT\n"
    let alone = try findings(
      "\(neighbour)\(Box.withoutNetlink) $probe -- \(Box.sockets("bound4:8080"))", waits: 2)
    #expect(alone.ports == "none proc descriptors")
  }

  @Test(.enabled(if: Box.canMakeCgroups))
  func theCgroupTellsTheAppFromItsNeighbour() throws {
    let drop = "setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace"
    let script = """
      group=$(mktemp -d -p \(Box.cgroupRoot))
      trap 'kill $neighbour; wait; rmdir $group' EXIT
      \(Box.sockets("user:1234 tcp4:15001")) </dev/null & neighbour=$!
      sh -c 'echo $$ >'$group'/cgroup.procs; exec "$@"' - \(drop) $probe -- \(Box.sockets("user:1234 tcp4:8080"))
      """
    let found = try findings(script, waits: 2)
    #expect(found.gate == "yes")
    #expect(found.ports == "8080 tcp netlink cgroup")
  }
}
