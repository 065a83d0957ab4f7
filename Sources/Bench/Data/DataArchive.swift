import Layers

/// The official files of a data set: what they are called, what they hold, and where they can be had.
struct DataArchive: Sendable {
  /// Bytes that are known by their number and their MD5 sum, in 32 lowercase hexadecimal digits.
  struct Content: Sendable, Hashable {
    let byteCount: Int
    let md5: String
  }

  struct File: Sendable, Hashable {
    let name: String
    let content: Content
    /// What a `.gz` file decompresses to, which may lie beside it or in its place, without the ending; nil for others.
    var plain: Content?

    /// The name without `.gz`; nil where the file has no plain form.
    var plainName: String? { plain == nil ? nil : String(name.dropLast(3)) }
  }

  /// What the set is called on the command line.
  let name: String
  /// The folders that distributions put the files in; the first is the official one.
  let folderNames: [String]
  /// The files that the set consists of.
  let files: [File]
  /// The tar archive that holds the files, in a folder of the official name; nil where they are had one by one.
  let package: File?
  /// The addresses of the folder that holds the package or the files, the official one first; each ends in a slash.
  let addresses: [String]

  /// The official files, of which some are to be downloaded.
  var downloads: [File] { package.map { [$0] } ?? files }
}

extension DataArchive {
  /// The sets whose files are known.
  static let all = [cifar10, fashionMNIST, mnist]

  /// Sums: the archive's from the data's page, the files' from the archive's content.
  static let cifar10 = DataArchive(
    name: DataChoice.cifar10.rawValue, folderNames: [CIFAR10.folderName],
    files: [
      File(name: "data_batch_1.bin", content: batch("5dd7e06a14cb22eb9f671a540d1b7c25")),
      File(name: "data_batch_2.bin", content: batch("5ea93a67294ea407fff1d09f752e9692")),
      File(name: "data_batch_3.bin", content: batch("942cd6a4bcdd0dd3c604fbe906cb4421")),
      File(name: "data_batch_4.bin", content: batch("ae636b3ba5c66a11e91e8cb52e771fcb")),
      File(name: "data_batch_5.bin", content: batch("53f37980c15c3d472c316c40844f3f0d")),
      File(name: "test_batch.bin", content: batch("803d5f7f4d78ea53de84dbe85f74fb6d")),
    ],
    package: File(
      name: "cifar-10-binary.tar.gz",
      content: Content(byteCount: 170_052_171, md5: "c32a1d4ab5d03f1284b67883e8d87530")),
    addresses: ["https://www.cs.toronto.edu/~kriz/"])

  /// Sums: those of the set's repository; of the plain files, computed from the compressed ones.
  static let fashionMNIST = DataArchive(
    name: DataChoice.fashionMNIST.rawValue, folderNames: MNIST.Variant.fashion.folderNames,
    files: idxFiles(
      trainImages: Content(byteCount: 26_421_880, md5: "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
      trainLabels: Content(byteCount: 29_515, md5: "25c81989df183df01b3e8a0aad5dffbe"),
      testImages: Content(byteCount: 4_422_102, md5: "bef4ecab320f06d8554ea6380940ec79"),
      testLabels: Content(byteCount: 5_148, md5: "bb300cfdad3c16e7a12a480ee83cd310"),
      plainSums: [
        "f4a8712d7a061bf5bd6d2ca38dc4d50a", "9018921c3c673c538a1fc5bad174d6f9", "8181f5470baa50b63fa0f6fddb340f0a",
        "15d484375f8d13e6eb1aabb0c3f46965",
      ]),
    package: nil,
    addresses: [
      "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
      "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ])

  /// Sums: those that torchvision checks. The data's own page takes no downloads any more; these are the mirrors that
  /// torchvision and TensorFlow use.
  static let mnist = DataArchive(
    name: DataChoice.mnist.rawValue, folderNames: MNIST.Variant.digits.folderNames,
    files: idxFiles(
      trainImages: Content(byteCount: 9_912_422, md5: "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
      trainLabels: Content(byteCount: 28_881, md5: "d53e105ee54ea40749a09fcbcd1e9432"),
      testImages: Content(byteCount: 1_648_877, md5: "9fb629c4189551a2d022fa330f9573f3"),
      testLabels: Content(byteCount: 4_542, md5: "ec29112dd5afa0611ce80d1b7f02629c"),
      plainSums: [
        "6bbc9ace898e44ae57da46a324031adb", "a25bea736e30d166cdddb491f175f624", "2646ac647ad5339dbf082846283269ea",
        "27ae3e4e09519cfbb04c329615203637",
      ]),
    package: nil,
    addresses: [
      "https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ])

  /// A file of 10,000 records of a label and 3,072 samples.
  private static func batch(_ md5: String) -> Content { Content(byteCount: 30_730_000, md5: md5) }

  /// The four files of MNIST and its kin: 60,000 training and 10,000 test images of 28×28; the sums of the plain files in
  /// the order of the parameters.
  private static func idxFiles(
    trainImages: Content, trainLabels: Content, testImages: Content, testLabels: Content, plainSums: [String]
  ) -> [File] {
    let images = 16 + 28 * 28 * 10_000
    let labels = 8 + 10_000
    let parts = [
      ("train-images-idx3-ubyte.gz", trainImages, 16 + 28 * 28 * 60_000),
      ("train-labels-idx1-ubyte.gz", trainLabels, 8 + 60_000), ("t10k-images-idx3-ubyte.gz", testImages, images),
      ("t10k-labels-idx1-ubyte.gz", testLabels, labels),
    ]
    return zip(parts, plainSums).map { part, sum in
      File(name: part.0, content: part.1, plain: Content(byteCount: part.2, md5: sum))
    }
  }
}
