using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gantry.Guest.Tests;

/// <summary>Mounts, devices, host folders and the network inside the container.</summary>
public sealed class FileSystemTests : IDisposable
{
    private readonly string shared = Directory.CreateTempSubdirectory("gantry-shared-").FullName;

    public void Dispose() => Directory.Delete(shared, true);

    private string[] Share(string tag) =>
        ["-fsdev", $"local,id=share,path={shared},security_model=none", "-device", $"virtio-9p-device,fsdev=share,mount_tag={tag}"];

    [Fact]
    public void EverythingAContainerExpects()
    {
        using Guest guest = new();
        guest.Run(
            "bash", "-c",
            """
            while read -r _ _ _ _ path _ rest; do echo "$path ${rest##*- }" | cut -d' ' -f1,2; done </proc/self/mountinfo
            for f in null zero full random urandom tty console fuse; do [ -c /dev/$f ] && stat -c '%n %a' /dev/$f; done
            readlink /dev/fd /dev/stdin /dev/stdout /dev/stderr /dev/ptmx
            ls /sys/fs/cgroup/cgroup.controllers >/dev/null && cat /proc/self/cgroup /sys/fs/cgroup/cgroup.controllers
            echo x >/dev/shm/x && cat /dev/shm/x
            echo y >/etc/debian_version && chmod 700 /usr/bin/true && mv /usr/share/base-passwd /usr/share/moved && ls -d /usr/share/moved
            touch /run/a /tmp/b /var/tmp/c && ls /proc | grep -c '^[0-9]'
            head -c1 /dev/full | od -An -tx1; echo z 2>/dev/null >/dev/full || echo full
            cat /sys/class/net/lo/operstate; uname -sm
            unshare -m true && echo unshare
            ls /lower /upper /dev/vda 2>&1 | grep -c 'No such'
            """);
        guest.ExpectExit(0);
        Assert.Equal("", guest.Output("stderr"));
        Assert.Equal(
            """
            / overlay
            /proc proc
            /sys sysfs
            /sys/fs/cgroup cgroup2
            /dev tmpfs
            /dev/pts devpts
            /dev/shm tmpfs
            /dev/mqueue mqueue
            /dev/null 666
            /dev/zero 666
            /dev/full 666
            /dev/random 666
            /dev/urandom 666
            /dev/tty 666
            /dev/console 620
            /dev/fuse 666
            /proc/self/fd
            /proc/self/fd/0
            /proc/self/fd/1
            /proc/self/fd/2
            pts/ptmx
            0::/
            pids
            x
            /usr/share/moved
            3
             00
            full
            unknown
            Linux riscv64
            unshare
            3

            """, guest.Output("stdout"));
    }

    [Fact]
    public void ReadOnlyRoot()
    {
        using Guest guest = new();
        guest.Send(FrameType.Options, Payload.Integers(2));
        guest.Send(FrameType.Cwd, "/work");
        guest.Run("sh", "-c", "pwd; touch /etc/x 2>&1; touch /dev/shm/x && echo shm");
        guest.ExpectExit(0);
        Assert.Equal("/work\ntouch: cannot touch '/etc/x': Read-only file system\nshm\n", guest.Output("stdout"));
    }

    [Fact]
    public void WritableLayerIsBounded()
    {
        using Guest guest = new("gantry.size=8m");
        guest.Run("sh", "-c", "head -c 20000000 /dev/zero 2>/dev/null >/big || echo full; stat -c %s /big");
        guest.ExpectExit(0);
        Assert.Equal("full\n8", guest.Output("stdout")[..6]);
    }

    [Fact]
    public void HostFolderReadWrite()
    {
        File.WriteAllText(Path.Combine(shared, "from-host"), "host text\n");
        using Guest guest = new("", Share("work"));
        guest.Send(FrameType.Mount, Payload.Mount(false, "work", "/new/work folder"));
        guest.Send(FrameType.Cwd, "/new/work folder");
        guest.Run("sh", "-c", "cat from-host; mkdir d; echo guest text >d/f; mv from-host renamed; ln -s d/f link; cat link; cp /bin/true d/; d/true");
        guest.ExpectExit(0);
        Assert.Equal("host text\nguest text\n", guest.Output("stdout"));
        Assert.Equal("guest text\n", File.ReadAllText(Path.Combine(shared, "d/f")));
        Assert.True(File.Exists(Path.Combine(shared, "renamed")));
        Assert.Equal("d/f", new FileInfo(Path.Combine(shared, "link")).LinkTarget);
    }

    [Fact]
    public void HostFolderReadOnly()
    {
        using Guest guest = new("", Share("work"));
        guest.Send(FrameType.Mount, Payload.Mount(true, "work", "/w"));
        guest.Run("sh", "-c", "touch /w/x 2>&1");
        guest.ExpectExit(1);
        Assert.Contains("Read-only file system", guest.Output("stdout"), StringComparison.Ordinal);
    }

    [Fact]
    public void ChangesOfTheHostAreSeenAfterDropCaches()
    {
        string file = Path.Combine(shared, "file");
        File.WriteAllText(file, "before\n");
        using Guest guest = new("", Share("work"));
        guest.Send(FrameType.Mount, Payload.Mount(false, "work", "/w", "msize=131072,cache=loose,access=any"));
        guest.Run("sh", "-c", "while read _; do cat /w/file; done");
        guest.Expect(FrameType.Started);
        guest.Write("stdin", "\n");
        guest.WaitFor("stdout", "before\n");
        File.WriteAllText(file, "after!\n");
        guest.Write("stdin", "\n");
        guest.WaitFor("stdout", "before\nbefore\n"); // what cache=loose promises
        guest.Send(FrameType.DropCaches);
        guest.Send(FrameType.Hostname, "same-port-so-in-order");
        Thread.Sleep(200);
        guest.Write("stdin", "\n");
        guest.WaitFor("stdout", "before\nbefore\nafter!\n");
    }

    [Fact]
    public void MissingHostFolder()
    {
        using Guest guest = new();
        guest.Send(FrameType.Mount, Payload.Mount(false, "nowhere", "/w"));
        guest.Run("true");
        Assert.Equal("cannot mount 9p at /w: no such file or directory", guest.Expect(FrameType.Error).Text);
        guest.ExpectEnd(125);
    }

    [Fact]
    public void RootOver9p()
    {
        using Guest guest = new(
            "gantry.root=9p:rootfs",
            "-fsdev", $"local,id=share,path={Artifacts.RootFolder},security_model=none,readonly=on",
            "-device", "virtio-9p-device,fsdev=share,mount_tag=rootfs");
        guest.Run("sh", "-c", "head -1 /proc/self/mountinfo | cut -d' ' -f5-6; . /etc/os-release; echo $ID");
        guest.ExpectExit(0);
        Assert.Equal("/ rw,relatime\ndebian\n", guest.Output("stdout"));
    }

    [Fact]
    public void MissingRootIsReported()
    {
        using Guest guest = new("gantry.root=vdz");
        Assert.Equal(FrameType.Error, guest.First.Type);
        Assert.Equal("cannot mount the root file system (EROFS): no such file or directory", guest.First.Text);
        guest.ExpectEnd(125);
    }

    [Fact]
    public async Task NetworkReachesTheHost()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using Guest guest = new("", "-netdev", "user,id=net,restrict=off", "-device", "virtio-net-device,netdev=net");
        byte[] network = [10, 0, 2, 15, 10, 0, 2, 2, 24, 0, .. Payload.Integers((ushort)1400)];
        guest.Send(FrameType.Network, network);
        guest.Run("bash", "-c", $"cat /sys/class/net/eth0/mtu; exec 3<>/dev/tcp/10.0.2.2/{port}; echo hello from inside >&3; cat <&3");
        guest.Expect(FrameType.Started);
        using TcpClient client = await listener.AcceptTcpClientAsync(new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token);
        using StreamReader reader = new(client.GetStream());
        Assert.Equal("hello from inside", await reader.ReadLineAsync());
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes("hello from outside\n"));
        client.Close();
        guest.ExpectEnd(0);
        Assert.Equal("1400\nhello from outside\n", guest.Output("stdout"));
    }
}
