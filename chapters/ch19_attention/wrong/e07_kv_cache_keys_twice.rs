// expect: values: the keys were written among the values
// exercise: extend
        self.keys.assign_slice((.., .., at..end), keys);
        self.values.assign_slice((.., .., at..end), keys);
        self.len = end;
// exercise: end
