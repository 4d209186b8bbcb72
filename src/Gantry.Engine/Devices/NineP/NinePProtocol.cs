namespace Gantry.Engine.Devices;

/// <summary>Message types of 9P2000.L; a reply's type is the request's plus one.</summary>
public enum NinePType : byte
{
    /// <summary>Error reply.</summary>
    Rlerror = 7,

    /// <summary>statfs(2).</summary>
    Tstatfs = 8,

    /// <summary>Open.</summary>
    Tlopen = 12,

    /// <summary>Create and open.</summary>
    Tlcreate = 14,

    /// <summary>symlink(2).</summary>
    Tsymlink = 16,

    /// <summary>mknod(2).</summary>
    Tmknod = 18,

    /// <summary>Rename a fid.</summary>
    Trename = 20,

    /// <summary>readlink(2).</summary>
    Treadlink = 22,

    /// <summary>stat(2).</summary>
    Tgetattr = 24,

    /// <summary>chmod, chown, truncate, utimes.</summary>
    Tsetattr = 26,

    /// <summary>Read extended attributes.</summary>
    Txattrwalk = 30,

    /// <summary>Write an extended attribute.</summary>
    Txattrcreate = 32,

    /// <summary>List a directory.</summary>
    Treaddir = 40,

    /// <summary>fsync(2).</summary>
    Tfsync = 50,

    /// <summary>POSIX lock.</summary>
    Tlock = 52,

    /// <summary>Ask for a POSIX lock.</summary>
    Tgetlock = 54,

    /// <summary>link(2).</summary>
    Tlink = 70,

    /// <summary>mkdir(2).</summary>
    Tmkdir = 72,

    /// <summary>renameat(2).</summary>
    Trenameat = 74,

    /// <summary>unlinkat(2).</summary>
    Tunlinkat = 76,

    /// <summary>Start a session.</summary>
    Tversion = 100,

    /// <summary>Authentication.</summary>
    Tauth = 102,

    /// <summary>Get the root.</summary>
    Tattach = 104,

    /// <summary>Forget a request.</summary>
    Tflush = 108,

    /// <summary>Go down by names.</summary>
    Twalk = 110,

    /// <summary>Read a range.</summary>
    Tread = 116,

    /// <summary>Write a range.</summary>
    Twrite = 118,

    /// <summary>Give a fid back.</summary>
    Tclunk = 120,

    /// <summary>Unlink and give back.</summary>
    Tremove = 122,
}

/// <summary>Linux error numbers the server itself gives.</summary>
public static class NinePError
{
    /// <summary>EPERM.</summary>
    public const int NotPermitted = 1;

    /// <summary>ENOENT.</summary>
    public const int NoEntry = 2;

    /// <summary>EIO.</summary>
    public const int Io = 5;

    /// <summary>EBADF.</summary>
    public const int BadFid = 9;

    /// <summary>ENOMEM.</summary>
    public const int NoMemory = 12;

    /// <summary>ENOTDIR.</summary>
    public const int NotDirectory = 20;

    /// <summary>EISDIR.</summary>
    public const int IsDirectory = 21;

    /// <summary>EINVAL.</summary>
    public const int Invalid = 22;

    /// <summary>EROFS.</summary>
    public const int ReadOnly = 30;

    /// <summary>ENAMETOOLONG.</summary>
    public const int NameTooLong = 36;

    /// <summary>EOPNOTSUPP.</summary>
    public const int NotSupported = 95;
}

/// <summary>Reads fields of a message; beyond the end everything is 0 and <see cref="Bad"/> is set.</summary>
public unsafe struct NinePReader
{
    /// <summary>The message was shorter than its fields, or a text was longer than allowed.</summary>
    public bool Bad;

    private byte* position;
    private readonly byte* end;

    /// <summary>Starts behind the header of a message.</summary>
    public NinePReader(byte* start, uint length)
    {
        position = start;
        end = start + length;
    }

    /// <summary>An unsigned number of <paramref name="size"/> bytes.</summary>
    public ulong Number(int size)
    {
        if (end - position < size)
        {
            Bad = true;
            return 0;
        }

        var value = 0UL;
        for (var i = size - 1; i >= 0; i--)
            value = (value << 8) | position[i];
        position += size;
        return value;
    }

    /// <summary>A 32-bit number.</summary>
    public uint Word() => (uint)Number(4);

    /// <summary>A counted text; its address, its length in <paramref name="length"/>.</summary>
    public byte* Text(uint* length)
    {
        *length = (uint)Number(2);
        if (end - position < *length)
        {
            Bad = true;
            *length = 0;
        }

        var text = position;
        position += *length;
        return text;
    }

    /// <summary>A name of one path component: not empty, no slash, no NUL, not "." or "..", at most 255 bytes.</summary>
    public byte* Name(uint* length)
    {
        var name = Text(length);
        if (!IsName(name, *length))
            Bad = true;
        return name;
    }

    /// <summary>Whether bytes may be a path component.</summary>
    public static bool IsName(byte* name, uint length)
    {
        if (length is 0 or > NinePTree.MaxName)
            return false;
        if (name[0] == (byte)'.' && (length == 1 || (length == 2 && name[1] == (byte)'.')))
            return false;
        for (var i = 0u; i < length; i++)
        {
            if (name[i] is 0 or (byte)'/')
                return false;
        }

        return true;
    }
}
