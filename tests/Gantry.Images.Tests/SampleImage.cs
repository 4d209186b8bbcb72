namespace Gantry.Images.Tests;

/// <summary>
/// An image made on the spot by umoci: three layers over all file types, with deletions and replacements, as an OCI layout;
/// and what umoci itself makes of it. Made once for all tests.
/// </summary>
public sealed class SampleImage : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SampleImage()
    {
        Tool.Shell("""
            umoci init --layout image
            umoci new --image image:sample
            umoci config --image image:sample --architecture riscv64 --os linux --config.entrypoint /bin/sh --config.entrypoint -c \
                --config.cmd 'echo hi' --config.env A=1 --config.env B='two words' --config.user 1000:100 --config.workingdir /srv \
                --config.stopsignal SIGINT --config.label key=value --config.exposedports 80/tcp --config.volume /data
            """, _folder.Path);
        Layer(FirstLayer);
        Layer(SecondLayer);
        Layer(ThirdLayer);
        Tool.RunIn(_folder.Path, "umoci", "unpack", "--image", "image:sample", "expected");
    }

    /// <summary>The OCI layout's folder; the image's tag is "sample".</summary>
    public string Layout => _folder["image"];

    /// <summary>The root file system as umoci unpacks it.</summary>
    public string Expected => _folder["expected/rootfs"];

    public void Dispose() => _folder.Dispose();

    private void Layer(Action<string> change)
    {
        Tool.RunIn(_folder.Path, "umoci", "unpack", "--image", "image:sample", "bundle");
        change(_folder["bundle/rootfs"]);
        Tool.RunIn(_folder.Path, "umoci", "repack", "--image", "image:sample", "bundle");
        Tool.Run("rm", "-rf", _folder["bundle"]);
    }

    private static void FirstLayer(string root)
    {
        Tool.Shell("""
            mkdir -p usr/lib usr/bin dev data deep/a/b/c many empty replaced.d
            ln -s usr/lib lib
            echo hello > usr/bin/hello; chmod 4755 usr/bin/hello; ln usr/bin/hello usr/bin/hello2; ln usr/bin/hello deep/hello3
            ln -s ../bin/hello usr/lib/link; ln -s /absolute/target dangling
            mknod dev/null c 1 3; chmod 666 dev/null; mknod dev/big b 259 70000; mkfifo dev/fifo
            : > zero; head -c 4096 /dev/urandom > exact; head -c 4095 /dev/urandom > less; head -c 4097 /dev/urandom > more
            head -c 4064 /dev/urandom > inline-limit; head -c 4032 /dev/urandom > inline-limit2; head -c 300000 /dev/urandom > large
            truncate -s 10M sparse; printf end | dd of=sparse bs=1 seek=5000000 conv=notrunc status=none
            printf 'x%.0s' {1..255} > longname; n=$(cat longname); echo long > "$n"; mkdir "d${n:1}"; echo inner > "d${n:1}/$n"
            ln -s "$(printf '%0150d' 7)/$(printf '%0200d' 8)" longlink
            for i in $(seq 1 2500); do echo $i > many/file-$i; done
            echo secret > deep/a/b/c/file; chmod 600 deep/a/b/c/file; chown 70000:80000 deep/a/b/c/file
            chown 12:34 empty; chmod 1777 data; echo old > replaced; echo sub > replaced.d/sub
            echo nonutf > $'latin-\xe9\xff'; echo punct > '!first'; echo comma > ',x'; echo space > 'a b'
            touch -d '1969-12-31 23:59:58.25 UTC' zero; touch -d '2020-02-02 02:02:02.123456789 UTC' exact; touch -d '2100-01-01 UTC' less
            """, root);
        FileTree.SetXattr(Path.Combine(root, "usr/bin/hello"), "security.capability", [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        FileTree.SetXattr(Path.Combine(root, "data"), "user.shared", [1, 2, 3]);
        FileTree.SetXattr(Path.Combine(root, "exact"), "user.shared", [1, 2, 3]);
        FileTree.SetXattr(Path.Combine(root, "exact"), "user.binary", [0, 255, 10, 61]);
        FileTree.SetXattr(Path.Combine(root, "large"), "user.big", [.. Enumerable.Range(0, 3000).Select(i => (byte)i)]);
        FileTree.SetXattr(Path.Combine(root, "more"), "trusted.note", "n"u8.ToArray());
    }

    private static void SecondLayer(string root) => Tool.Shell("""
        rm -r deep/a/b; rm usr/bin/hello2 many/file-7 dangling
        rm replaced; mkdir replaced; echo new > replaced/file
        rm -r replaced.d; echo file > replaced.d
        echo lib > usr/lib/new; chmod 711 usr
        ln usr/lib/new usr/lib/new2
        """, root);

    private static void ThirdLayer(string root) => Tool.Shell("""
        mkdir -p deep/a/b; echo again > deep/a/b/again; rm -r many; mkdir many; echo only > many/only; chmod 600 large
        """, root);
}

/// <summary>Tests that share the sample image.</summary>
[CollectionDefinition]
public sealed class SampleImageTests : ICollectionFixture<SampleImage>;
