// expect: keys: the places behind the last token are not real, and must not be handed out
// exercise: keys
        self.keys.clone()
// exercise: end
