// expect: the folder was not synced: it said that all is well, but the old content may come back
// exercise: replace
    let done = disk
        .write(&temporary, content)
        .and_then(|()| disk.sync(&temporary))
        .and_then(|()| disk.rename(&temporary, path));
    if done.is_err() {
        let _ = disk.remove(&temporary);
    }
    done
// exercise: end
