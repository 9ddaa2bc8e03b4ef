// expect: values: the values are not written
// exercise: extend
        self.keys.assign_slice((.., .., at..end), keys);
        self.len = end;
// exercise: end
