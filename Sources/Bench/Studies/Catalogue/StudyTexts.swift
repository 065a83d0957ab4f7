/// The readable texts that studies are written with. A text that is none is a mistake in the program, which the tests of
/// the catalogue would find.
extension Augmentation {
  static func text(_ text: String) -> Augmentation {
    do {
      return try Augmentation(text)
    } catch {
      preconditionFailure("\(error)")
    }
  }
}

extension ScheduleRecipe {
  static func text(_ text: String) -> ScheduleRecipe {
    do {
      return try ScheduleRecipe(text)
    } catch {
      preconditionFailure("\(error)")
    }
  }
}

extension FreezingRecipe {
  static func name(_ name: String, epochs: Int = 0) -> FreezingRecipe {
    do {
      return try FreezingRecipe(epochs == 0 ? name : "\(name):\(epochs)")
    } catch {
      preconditionFailure("\(error)")
    }
  }
}
