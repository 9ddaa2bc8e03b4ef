// expect: was left behind
// exercise: replace
    disk.write(&temporary, content)?;
    disk.sync(&temporary)?;
    disk.rename(&temporary, path)?;
    disk.sync_folder(folder(path))
// exercise: end
