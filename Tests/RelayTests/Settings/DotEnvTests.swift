import Testing

@testable import Relay

@Suite struct DotEnvTests {
    @Test(arguments: [
        ("A=1", "1"), ("export A = 1 ", "1"), ("  A=1 # note", "1"), ("A=a#b", "a#b"), ("A=", ""), ("A= # note", ""),
        ("A='a # b'", "a # b"), ("A='a\\n'", "a\\n"), ("A=\"a\\n\\\"b\\\"\" # note", "a\n\"b\""), ("A=a=b", "a=b"),
        ("A=\"x\"\r", "x"), ("\u{FEFF}A=1", "1"), ("A=\"C:\\dir\"", "C:\\dir"),
    ])
    func `values are read bare and in quotes`(line: String, expected: String) {
        let (assignments, unreadable) = DotEnv.read(
            "\n# comment\n\n".dropFirst(line.hasPrefix("\u{FEFF}") ? 12 : 0) + line
        )
        #expect(assignments.map(\.value) == [expected])
        #expect(assignments.map(\.name) == ["A"])
        #expect(unreadable.isEmpty)
    }

    @Test func `lines that assign nothing are named by number`() {
        let (assignments, unreadable) = DotEnv.read("A=1\nwhat\n2B=3\nC=\"open\nD=4")
        #expect(assignments.map(\.name) == ["A", "D"])
        #expect(assignments.map(\.line) == [1, 5])
        #expect(unreadable == [2, 3, 4])
    }

    @Test func `variables of the process win, and the later line of the file`() {
        let (lines, _) = DotEnv.read("A=file\nB=file\nB=later\nC=file")
        let environment = EnvironmentVariables(process: ["A": "process", "C": ""], dotEnv: lines, dotEnvPath: "x.env")
        #expect(environment["A"] == "process")
        #expect(environment["B"] == "later")
        #expect(environment["C"] == nil)
        #expect(environment.variable("B")?.origin.description == "x.env:3 (B)")
        #expect(!"\(environment)".contains("later"))
    }
}
