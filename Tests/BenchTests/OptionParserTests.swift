import Testing

@testable import Bench

private enum Color: String, CaseIterable {
  case red
  case green
}

private struct Values: Equatable {
  var count = 1
  var rate = 0.5
  var sizes = [4, 8]
  var color = Color.red
  var seed: UInt64 = 0
  var path: String?
  var isLoud = false
}

private var options: [CommandOption<Values>] {
  [
    .value("--count", path: \.count, kind: .integer(1...10), help: "how many"),
    .value("--rate", path: \.rate, kind: .number(from: 0, including: false, below: 1), help: "how fast"),
    .value("--sizes", "--size", path: \.sizes, kind: .list(of: .integer(1...100)), help: "how large"),
    .value("--color", path: \.color, kind: .choice(), help: "which"),
    .value("--seed", path: \.seed, kind: .seed, help: "from what"),
    .optional("--path", path: \.path, kind: .path("FILE"), help: "where"),
    .flag("--loud", path: \.isLoud, help: "whether"),
  ]
}

private func parse(_ arguments: String...) throws(UsageError) -> (Values, [String])? {
  switch try options.parse(arguments, defaults: Values()) {
  case .run(let values, let operands): (values, operands)
  case .help: nil
  }
}

@Suite struct OptionParserTests {
  @Test func keepsDefaults() throws {
    let (values, operands) = try #require(try parse())
    #expect(values == Values())
    #expect(operands.isEmpty)
  }

  @Test func takesValuesInBothForms() throws {
    let (values, operands) = try #require(
      try parse(
        "--count", "7", "--rate=0.25", "first", "--sizes", "1,100", "--color=green", "--loud", "--path", "a=b",
        "--seed",
        "18446744073709551615", "second"))
    #expect(
      values
        == Values(
          count: 7, rate: 0.25, sizes: [1, 100], color: .green, seed: .max, path: "a=b", isLoud: true))
    #expect(operands == ["first", "second"])
  }

  @Test func knowsOtherNamesAndTakesTheLastOfSeveral() throws {
    let (values, _) = try #require(try parse("--size", "5", "--count=2", "--count=3"))
    #expect(values.sizes == [5])
    #expect(values.count == 3)
  }

  @Test func takesOperandsBehindTwoDashes() throws {
    let (values, operands) = try #require(try parse("--", "--count", "-"))
    #expect(values == Values())
    #expect(operands == ["--count", "-"])
  }

  @Test func theWordsOfValuesGiveTheValuesAgain() throws {
    let all = [
      "--count", "7", "--rate", "0.1", "--sizes", "1,100", "--color", "green", "--loud", "--path", "a=b", "--seed", "9",
    ]
    for line in [[], all] {
      guard case .run(let values, _) = try options.parse(line, defaults: Values()),
        case .run(let again, _) = try options.parse(options.flatMap { $0.words(values) }, defaults: Values())
      else {
        Issue.record("help was not asked for")
        continue
      }
      #expect(again == values)
    }
    let lists: [CommandOption<[String]>] = [
      .repeated("--name", path: \.self, kind: .word("NAME", "a name"), help: "several"),
      .each("--text", path: \.self, kind: .word("TEXT", "a text"), help: "each"),
    ]
    #expect(lists.map { $0.words(["a", "b"]) } == [["--name=a,b"], ["--text=a", "--text=b"]])
    #expect(lists.allSatisfy { $0.words([]).isEmpty })
  }

  @Test(arguments: ["--help", "-h"])
  func asksForHelp(_ name: String) throws {
    #expect(try parse("--count", "3", name) == nil)
  }

  @Test(arguments: [
    (
      ["--colour", "red"],
      "unknown option '--colour'; expected one of --count, --rate, --sizes, --color, --seed, --path, --loud"
    ),
    (["-c", "1"], "unknown option '-c'; expected one of --count, --rate, --sizes, --color, --seed, --path, --loud"),
    (["--count"], "--count needs a value: an integer from 1 to 10"),
    (["--count", "--loud"], "--count needs a value: an integer from 1 to 10"),
    (["--count", "0"], "--count is '0'; expected an integer from 1 to 10"),
    (["--count", "-3"], "--count is '-3'; expected an integer from 1 to 10"),
    (["--count", "99999999999999999999"], "--count is '99999999999999999999'; expected an integer from 1 to 10"),
    (["--count=two"], "--count is 'two'; expected an integer from 1 to 10"),
    (["--count="], "--count is ''; expected an integer from 1 to 10"),
    (["--rate", "0"], "--rate is '0'; expected a number above 0.0 and below 1.0"),
    (["--rate", "nan"], "--rate is 'nan'; expected a number above 0.0 and below 1.0"),
    (["--rate", "inf"], "--rate is 'inf'; expected a number above 0.0 and below 1.0"),
    (["--sizes", "1,,2"], "--sizes is '1,,2'; expected a list with commas, each an integer from 1 to 100"),
    (["--size", "101"], "--size is '101'; expected a list with commas, each an integer from 1 to 100"),
    (["--color", "blue"], "--color is 'blue'; expected one of red, green"),
    (["--seed", "-1"], "--seed is '-1'; expected an integer from 0 to 18446744073709551615"),
    (["--path="], "--path is ''; expected the path of a file"),
    (["--loud=yes"], "--loud takes no value, but 'yes' was given"),
  ])
  func saysWhatIsWrongAndWhatWouldBeRight(_ arguments: [String], _ message: String) {
    #expect(throws: UsageError(message)) { try options.parse(arguments, defaults: Values()) }
  }

  @Test func refusesInfiniteNumbersWithoutUpperBound() {
    let kind = ValueKind<Double>.number(from: 0, including: true)
    #expect(kind.parse("inf") == nil)
    #expect(kind.parse("0") == 0)
  }
}
