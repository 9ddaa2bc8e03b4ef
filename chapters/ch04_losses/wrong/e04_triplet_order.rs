// expect: the distances are the wrong way round
// exercise: forward
        let near = self.distance(anchor, positive);
        (far - near).map(|d| (d + margin).max(T::ZERO))
// exercise: end
