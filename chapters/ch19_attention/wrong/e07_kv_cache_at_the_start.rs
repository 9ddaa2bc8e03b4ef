// expect: keys after three tokens: new tokens are written over the first ones
// exercise: extend
        self.keys.assign_slice((.., .., ..end - at), keys);
        self.values.assign_slice((.., .., ..end - at), values);
        self.len = end;
// exercise: end
